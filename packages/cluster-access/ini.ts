/** Sections of an INI file, names of sections as written, names of keys in lower case; what stands before the first section is in "". */
export type Ini = ReadonlyMap<string, ReadonlyMap<string, string>>;

const LONGEST_NAME = 64;

/**
 * Reads `[section]`, `key = value` (or `key: value`), comments from `#` or `;` at the start of a line, and values that go
 * on in indented lines, as Python's configparser does, which the official command line uses. A section that comes twice
 * is one; of a key that comes twice the last counts. Throws an Error with source and line, and never with a value: any of
 * them may be a key.
 */
export function parseIni(text: string, source: string): Ini {
  const sections = new Map<string, Map<string, string>>();
  const section = (name: string): Map<string, string> => {
    const known = sections.get(name) ?? new Map<string, string>();
    sections.set(name, known);
    return known;
  };
  let current = section("");
  let last = "";
  for (const [index, raw] of text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .entries()) {
    const line = raw.trim();
    if (line === "" || /^[#;]/.test(line)) continue;
    const where = `${source}: line ${index + 1}`;
    const header = /^\[([^\][]+)\]\s*(?:[#;].*)?$/.exec(line);
    if (header) {
      const name = (header[1] ?? "").trim();
      if (name === "" || name.length > LONGEST_NAME) {
        throw new Error(`${where}: expected a section's name of 1 to ${LONGEST_NAME} characters`);
      }
      current = section(name);
      last = "";
      continue;
    }
    if (/^\s/.test(raw) && last !== "") {
      current.set(last, `${current.get(last)}\n${line}`);
      continue;
    }
    const [, key = "", value = ""] = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(line) ?? [];
    if (key === "") throw new Error(`${where}: expected [section] or key = value`);
    last = key.toLowerCase();
    current.set(last, value);
  }
  return sections;
}
