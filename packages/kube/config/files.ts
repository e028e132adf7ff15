import { configError, type Mapping, textAt } from "./fields.ts";

/** Reads what a configuration file names. Relative paths start from the file's own folder. */
export interface ConfigFiles {
  /** A relative path made absolute, or at least relative to where the process runs. */
  resolve(path: string): string;
  text(path: string, where: string): Promise<string>;
  /** PEM text from `<field>-data` (base64) or from the file that `<field>` names; undefined when neither is there. */
  pem(from: Mapping, field: string, where: string): Promise<string | undefined>;
}

export function configFiles(source: string, readFile: (path: string) => Promise<string>): ConfigFiles {
  const folder = source.includes("/") ? source.replace(/\/[^/]*$/, "") : ".";
  const resolve = (path: string): string => (path.startsWith("/") ? path : `${folder}/${path}`);
  const text = async (path: string, where: string): Promise<string> => {
    try {
      return await readFile(resolve(path));
    } catch (cause) {
      throw configError(where, `${resolve(path)} cannot be read`, cause);
    }
  };
  return {
    resolve,
    text,
    async pem(from, field, where) {
      const data = textAt(from, `${field}-data`, where);
      if (data) {
        const decoded = /^[A-Za-z0-9+/=\s]+$/.test(data) ? Buffer.from(data, "base64").toString("utf8") : "";
        if (!isPem(decoded)) throw configError(where, `${field}-data: expected base64 of PEM`);
        return decoded;
      }
      const path = textAt(from, field, where);
      if (!path) return undefined;
      const read = await text(path, `${where}: ${field}`);
      if (!isPem(read)) throw configError(where, `${field}: ${resolve(path)}: expected PEM`);
      return read;
    },
  };
}

/** Any other text would only fail at the first connection, with a message that does not name the field. */
function isPem(text: string): boolean {
  return text.includes("-----BEGIN ");
}
