import { readdir, readFile } from "node:fs/promises";
import { type HttpHandler, type HttpResponse, textResponse } from "@ccm/base";

/** Where `npm run build` puts the page: beside the bundled program. */
const BUILT = new URL("./console/", import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

const SECURITY = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
};

/**
 * Serves the page at /console/, and sends / there. It holds nothing secret, so it needs no token; what it shows comes from
 * the admin API of the same origin, which does. Made at the first request.
 */
export function createConsolePage(): HttpHandler {
  let files: Promise<ReadonlyMap<string, Uint8Array>> | undefined;
  return async ({ method, target }) => {
    const path = target.replace(/\?.*$/s, "");
    if (method !== "GET") return textResponse(405, "only GET\n", { allow: "GET" });
    if (path === "/" || path === "/console") return textResponse(302, "", { location: "/console/" });
    files ??= loadFiles();
    const name = path.replace(/^\/console\//, "") || "index.html";
    const file = (await files).get(name);
    return file ? fileResponse(name, file) : textResponse(404, "there is no such file\n");
  };
}

async function loadFiles(): Promise<ReadonlyMap<string, Uint8Array>> {
  const names = await readdir(BUILT).catch(() => undefined);
  if (names)
    return new Map(await Promise.all(names.map(async (name) => [name, await readFile(new URL(name, BUILT))] as const)));
  // In a checkout. Not seen by the bundler, which would put itself into the bundle.
  const path = "./console-bundle.ts";
  const { bundleConsole } = (await import(new URL(path, import.meta.url).href)) as typeof import("./console-bundle.ts");
  return bundleConsole();
}

function fileResponse(name: string, content: Uint8Array): HttpResponse {
  const type = TYPES[name.replace(/^.*\./, "")] ?? "application/octet-stream";
  return {
    status: 200,
    headers: {
      "content-type": type,
      "content-length": String(content.length),
      "cache-control": "no-cache",
      ...SECURITY,
    },
    body: (async function* () {
      yield content;
    })(),
  };
}
