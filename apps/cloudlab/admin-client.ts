import { readFileSync } from "node:fs";
import { errorText, readText } from "@ccm/base";
import { openTransport } from "@ccm/base/node";
import type { Command } from "commander";

/** Where the admin API of a simulator that runs is, as the options say it. */
export interface Where {
  readonly admin?: string;
  readonly tokenFile?: string;
}

/** For the help of each command that calls it. */
export const WHERE_HELP = `
The admin address and its token are in the line that \`cloudlab baiducloud\` prints when it is ready. The token is read
from the variable CLOUDLAB_ADMIN_TOKEN or from --token-file; the address may be in CLOUDLAB_ADMIN.
`;

export function addWhereOptions(command: Command): Command {
  return command
    .option("--admin <url>", "the field `admin` of the line at the start; default: $CLOUDLAB_ADMIN")
    .option("--token-file <file>", "a file with the admin token; default: $CLOUDLAB_ADMIN_TOKEN");
}

/** One call of the admin API. Throws an Error of one line. */
export async function callAdmin<T>(
  { admin, tokenFile }: Where,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const url = admin ?? process.env.CLOUDLAB_ADMIN;
  if (!url || !/^https?:\/\/[^/]+/.test(url))
    throw new Error("expected --admin URL, such as http://127.0.0.1:9000/admin");
  const token = tokenFile === undefined ? process.env.CLOUDLAB_ADMIN_TOKEN : readFileSync(tokenFile, "utf8").trim();
  if (!token) throw new Error("expected the admin token in CLOUDLAB_ADMIN_TOKEN, or in a file named by --token-file");
  const { send, close } = openTransport({});
  try {
    const answer = await send({
      method,
      url: `${url.replace(/\/$/, "")}${path}`,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const value = JSON.parse(await readText(answer.body)) as T & { readonly message?: string };
    if (answer.status >= 400) throw new Error(value.message ?? `status ${answer.status}`);
    return value;
  } finally {
    await close();
  }
}

/** Says in one line why a job failed. */
export async function reporting(job: () => Promise<void>, setExitCode: (code: number) => void): Promise<void> {
  try {
    await job();
  } catch (error) {
    process.stderr.write(`cloudlab: ${errorText(error)}\n`);
    setExitCode(1);
  }
}
