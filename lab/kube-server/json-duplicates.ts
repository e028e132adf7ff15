/** JSON.parse takes the last of two equal names without a word; the API server tells of both. */

/** Paths of names that are given more than once, such as "spec.ports[0].port". `text` is valid JSON. */
export function duplicateFields(text: string): string[] {
  const found: string[] = [];
  let at = 0;
  const space = () => {
    while (/\s/.test(text[at] ?? "")) at++;
  };
  const string = (): string => {
    const start = at++;
    while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    return JSON.parse(text.slice(start, ++at));
  };
  const value = (path: string): void => {
    space();
    if (text[at] === '"') string();
    else if (text[at] === "{") object(path);
    else if (text[at] === "[") list(path);
    else while (at < text.length && !/[,\]}\s]/.test(text[at] ?? "")) at++;
    space();
  };
  const object = (path: string): void => {
    const names = new Set<string>();
    for (at++, space(); text[at] !== "}"; ) {
      const name = string();
      const here = path === "" ? name : `${path}.${name}`;
      if (names.has(name)) found.push(here);
      names.add(name);
      space();
      at++;
      value(here);
      if (text[at] === ",") at++;
      space();
    }
    at++;
  };
  const list = (path: string): void => {
    let index = 0;
    for (at++, space(); text[at] !== "]"; ) {
      value(`${path}[${index++}]`);
      if (text[at] === ",") at++;
      space();
    }
    at++;
  };
  value("");
  return found;
}
