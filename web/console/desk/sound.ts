// A short two-note sound, made in code. Browsers allow it only after the person did something.

/** Two notes of a fifth, quiet enough for an open-plan office. */
const NOTES_HZ = [659.25, 987.77] as const;
const NOTE_SECONDS = 0.16;
const LOUDNESS = 0.08;
/** A burst of chats rings once. */
const PAUSE_MS = 1_500;

export class Sound {
  #context: AudioContext | null = null;
  #lastAtMs = Number.NEGATIVE_INFINITY;

  /** Waits for the first gesture of the page, then may sound. */
  arm(): void {
    const ready = (): void => {
      window.removeEventListener('pointerdown', ready, true);
      window.removeEventListener('keydown', ready, true);
      this.#context ??= new AudioContext();
      void this.#context.resume();
    };
    window.addEventListener('pointerdown', ready, true);
    window.addEventListener('keydown', ready, true);
  }

  play(): void {
    const context = this.#context;
    const nowMs = performance.now();
    if (context === null || nowMs - this.#lastAtMs < PAUSE_MS) return;
    this.#lastAtMs = nowMs;
    void context.resume();
    NOTES_HZ.forEach((hertz, index) => {
      note(context, hertz, context.currentTime + index * NOTE_SECONDS);
    });
  }
}

function note(context: AudioContext, hertz: number, at: number): void {
  const tone = context.createOscillator();
  const volume = context.createGain();
  tone.type = 'sine';
  tone.frequency.value = hertz;
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(LOUDNESS, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + NOTE_SECONDS * 2);
  tone.connect(volume).connect(context.destination);
  tone.start(at);
  tone.stop(at + NOTE_SECONDS * 2);
}
