import { createHash, timingSafeEqual } from "node:crypto";
import { type HttpHandler, jsonResponse } from "@ccm/base";

/** Lets only those through who send the header `authorization: Bearer <token>`. */
export function requireToken(token: string, handler: HttpHandler): HttpHandler {
  const wanted = digest(`Bearer ${token}`);
  return async (request) => {
    // Of equal length, and compared in constant time: an answer tells nothing about the token but whether it fits.
    if (timingSafeEqual(digest(request.headers.authorization ?? ""), wanted)) return handler(request);
    const message = "expected the header authorization: Bearer <the admin token that was printed at the start>";
    return jsonResponse(401, { code: "Unauthorized", message }, { "www-authenticate": "Bearer" });
  };
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
