/** Says how far a long step is. */
export interface Progress {
  line(text: string): void;
  /** `fraction` of 1. On a terminal one line that is drawn anew; elsewhere a line at each tenth. */
  update(text: string, fraction: number): void;
}

export const silentProgress: Progress = { line() {}, update() {} };

const WIDTH = 24;

export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export function createProgress(stream: ProgressStream): Progress {
  let drawn = "";
  let tenth = -1;
  let current = "";
  const endOfLine = () => {
    if (drawn) stream.write("\n");
    drawn = "";
  };
  return {
    line(text) {
      endOfLine();
      stream.write(`${text}\n`);
    },
    update(text, fraction) {
      const share = Math.min(1, Math.max(0, fraction));
      const percent = `${Math.floor(share * 100)} %`;
      if (stream.isTTY) {
        const full = Math.round(share * WIDTH);
        const bar = `${"█".repeat(full)}${"░".repeat(WIDTH - full)} ${percent.padStart(5)}  ${text}`;
        if (bar === drawn) return;
        stream.write(`\r${bar}\u001b[K`);
        drawn = bar;
        return;
      }
      if (text !== current) [current, tenth] = [text, -1];
      const now = Math.floor(share * 10);
      if (now === tenth) return;
      tenth = now;
      stream.write(`${text}: ${percent}\n`);
    },
  };
}
