import { type HttpResponse, readBody, type ServerRequest, TransportError } from "@ccm/base";
import type { EffectOf } from "./rules.ts";

/** What happens to an answer on its way through the connection. Throws a TransportError where the connection is reset. */
export type WireEffect = (response: HttpResponse, request: ServerRequest) => HttpResponse | Promise<HttpResponse>;

const HTML =
  "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>502 Bad Gateway</h1></body>\r\n</html>\r\n";

export const resetConnection: WireEffect = () => {
  throw new TransportError("reset", "the connection was reset by a fault of the lab");
};

/** Until the client gives up. */
export const hangConnection: WireEffect = (_response, { signal }) =>
  new Promise((_resolve, reject) => {
    const leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
  });

/** Half of the body comes, by its length more should, and the connection breaks. */
export const truncateAnswer: WireEffect = async (response) => {
  const whole = await readBody(response.body);
  return {
    status: response.status,
    headers: { ...response.headers, "content-length": String(whole.length) },
    body: (async function* () {
      yield whole.subarray(0, Math.floor(whole.length / 2));
      throw new TransportError("reset", "the answer was cut off by a fault of the lab");
    })(),
  };
};

/** A complete answer with a body that is not what it should be. */
export function wrongBody({ how, bytes, status }: EffectOf<"body">): WireEffect {
  return async (response) => {
    const whole = await readBody(response.body);
    const headers = { ...response.headers };
    if (how === "html") headers["content-type"] = "text/html";
    if (how === "type") headers["content-type"] = "text/plain;charset=UTF-8";
    const text = { html: HTML, empty: "", null: "null" }[how as "html" | "empty" | "null"];
    const kept = bytes ?? Math.floor(whole.length / 2);
    const body = text === undefined ? (how === "cut" ? whole.subarray(0, kept) : whole) : Buffer.from(text);
    return {
      status: status ?? response.status,
      headers: { ...headers, "content-length": String(body.length) },
      body: (async function* () {
        if (body.length > 0) yield body;
      })(),
    };
  };
}
