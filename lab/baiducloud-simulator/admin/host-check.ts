import { type HttpHandler, jsonResponse } from "@ccm/base";

/**
 * Lets only requests through whose Host is an address, localhost, or one of `names`: a page of the internet whose name leads
 * to this machine's address is another host.
 */
export function requireHost(names: readonly string[], handler: HttpHandler): HttpHandler {
  return async (request) => {
    const host = (request.headers.host ?? "").toLowerCase();
    if (
      isAddress(host) ||
      ["localhost", ...names.map((name) => name.toLowerCase())].includes(host.replace(/:\d+$/, ""))
    )
      return handler(request);
    const message = "the header host: expected the address that was printed at the start";
    return jsonResponse(421, { code: "InvalidHost", message });
  };
}

function isAddress(host: string): boolean {
  return /^(\d{1,3}\.){3}\d{1,3}(:\d+)?$/.test(host) || /^\[[0-9a-f:]+\](:\d+)?$/.test(host);
}
