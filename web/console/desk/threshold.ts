// Holds somebody back who would leave a page and lose what they have not saved.

export class Threshold {
  readonly #unsaved = new Set<object>();
  #here = location.hash;

  get hasUnsaved(): boolean {
    return this.#unsaved.size > 0;
  }

  /** `form` stands for one form; it is taken back when it is saved, reset, or gone. */
  keep(form: object, unsaved: boolean): void {
    if (unsaved) this.#unsaved.add(form);
    else this.#unsaved.delete(form);
  }

  /** The fragment changed. Null: the way is free; else where to, and they are still here. */
  held(): string | null {
    const wanted = location.hash;
    if (wanted === this.#here) return null;
    if (!this.hasUnsaved) {
      this.#here = wanted;
      return null;
    }
    history.replaceState(null, '', this.#here === '' ? '#/' : this.#here);
    return wanted;
  }

  forget(): void {
    this.#unsaved.clear();
  }
}
