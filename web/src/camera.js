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

  /** What the camera sees, while it is on: another one after every start. */
  get stream() {
    return this.#stream;
  }

  /**
   * Turns the camera on, instead of an earlier stream of it.
   *
   * @returns {Promise<MediaStream | null>} null if it was stopped before it played
   * @throws {Error} refused, absent, in use or not played; the message says which, and what to do
   */
  async start() {
    const stream = await open();
    this.stop();
    this.#stream = stream;
    this.#video.srcObject = stream;
    try {
      await this.#video.play();
    } catch (error) {
      if (this.#stream !== stream) return null;
      this.stop();
      throw new Error(`Camera: the browser does not play what it sees (${described(error)}); try again`);
    }
    return this.#stream === stream ? stream : null;
  }

  stop() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#video.srcObject = null;
  }

  /**
   * What the camera sees next; null once the stream was stopped.
   *
   * @param {MediaStream} stream
   * @returns {Promise<ImageBitmap | null>}
   * @throws {Error} the camera has ended by itself
   */
  async next(stream) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    if (this.#stream !== stream) return null;
    if (!stream.active) {
      throw new Error("Camera: it has ended: unplugged, refused, or taken by another program; see to that, and try again");
    }
    return createImageBitmap(this.#video);
  }
}

async function open() {
  if (!navigator.mediaDevices) {
    throw new Error("Camera: expected a page from https:// or localhost, which browsers ask for; open it there");
  }
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 } }, audio: false });
  } catch (error) {
    const { name } = /** @type {DOMException} */ (error);
    throw new Error(`Camera: ${REFUSALS[name] ?? `the browser opened none (${described(error)})`}`);
  }
}

/** @param {unknown} error */
function described(error) {
  const { name, message } = /** @type {DOMException} */ (error);
  return `${name}: ${message}`;
}
