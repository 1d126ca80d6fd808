/** The camera, as a stream of pictures. */

/** @type {Record<string, string>} */
const REFUSALS = {
  NotAllowedError: "the camera was refused; allow it for this page in the browser's settings, and try again",
  NotFoundError: "no camera was found; connect one, or choose a picture instead",
  NotReadableError: "the camera is in use; close the program that uses it, and try again",
};

export class Camera {
  #video;
  /** @type {MediaStream | null} */
  #stream = null;

  /** @param {HTMLVideoElement} video shows what the camera sees */
  constructor(video) {
    this.#video = video;
  }

  get running() {
    return this.#stream !== null;
  }

  /** @throws {Error} refused, absent or in use; the message says which, and what to do */
  async start() {
    if (!navigator.mediaDevices) {
      throw new Error("Camera: expected a page from https:// or localhost, which browsers ask for; open it there");
    }
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 } }, audio: false });
    } catch (error) {
      const { name, message } = /** @type {DOMException} */ (error);
      throw new Error(`Camera: ${REFUSALS[name] ?? `the browser opened none (${name}: ${message})`}`);
    }
    this.#video.srcObject = this.#stream;
    await this.#video.play();
  }

  stop() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#video.srcObject = null;
  }

  /**
   * What the camera sees next; null once it was stopped.
   *
   * @returns {Promise<ImageBitmap | null>}
   */
  async next() {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    return this.running ? createImageBitmap(this.#video) : null;
  }
}
