/** Where a member of a JSON object stands in its text. Offsets in characters; `end` is behind the last. */
export interface Member {
  readonly key: string;
  readonly keyStart: number;
  readonly start: number;
  readonly end: number;
}

/**
 * The members of the object that begins at `at` (at its brace), in order. The text has been parsed by JSON.parse
 * before: this only finds places, so that a value can be replaced and all other bytes stay as they are.
 */
export function membersOf(text: string, at = skipSpace(text, 0)): readonly Member[] {
  const members: Member[] = [];
  if (text[at] !== "{") return members;
  let here = skipSpace(text, at + 1);
  while (text[here] !== "}") {
    const keyStart = here;
    const keyEnd = valueEnd(text, keyStart);
    const start = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = valueEnd(text, start);
    members.push({ key: JSON.parse(text.slice(keyStart, keyEnd)) as string, keyStart, start, end });
    here = skipSpace(text, end);
    if (text[here] === ",") here = skipSpace(text, here + 1);
  }
  return members;
}

function skipSpace(text: string, at: number): number {
  let here = at;
  while (" \t\r\n".includes(text[here] ?? "x")) here++;
  return here;
}

function valueEnd(text: string, start: number): number {
  const first = text[start];
  if (first === '"') return stringEnd(text, start);
  let here = start;
  if (first !== "{" && first !== "[") {
    while (here < text.length && !",]} \t\r\n".includes(text[here] as string)) here++;
    return here;
  }
  for (let depth = 0; here < text.length; ) {
    const char = text[here];
    if (char === '"') {
      here = stringEnd(text, here);
      continue;
    }
    here++;
    if (char === "{" || char === "[") depth++;
    else if ((char === "}" || char === "]") && --depth === 0) return here;
  }
  return here;
}

function stringEnd(text: string, start: number): number {
  let here = start + 1;
  while (here < text.length && text[here] !== '"') here += text[here] === "\\" ? 2 : 1;
  return here + 1;
}
