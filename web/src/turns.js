/** Of answers that overlap, the one stays that was asked for last and is there: one that fails takes no other's place. */
export class Turns {
  #asked = 0;
  #taken = 0;

  /** @returns {number} the number of what is asked for now */
  begin() {
    return ++this.#asked;
  }

  /**
   * Whether an answer takes its place: not behind one that was asked for later.
   *
   * @param {number} turn of `begin`
   */
  take(turn) {
    if (turn < this.#taken) return false;
    this.#taken = turn;
    return true;
  }
}
