import { integer, list, object, oneOf, openObject, optional, text } from "../api/schema.ts";

/** A change behind the client's back: of POST /admin/mutations, and of the effect "change". */
export const CHANGE = {
  action: oneOf("delete", "rename", "retag", "add-listener", "unbind-eip", "call"),
  /** An id, or an address. In a rule, when absent: the object that the call is about. */
  resource: optional(text()),
  account: optional(text()),
  region: optional(text()),
  /** The new one, of rename. */
  name: optional(text()),
  /** Instead of those that it has, of retag. */
  tags: optional(list(object({ tagKey: text(), tagValue: optional(text(), "") }))),
  /** Of add-listener. */
  protocol: optional(oneOf("TCP", "UDP", "HTTP"), "TCP"),
  port: optional(integer(1, 65_535), 9999),
  backendPort: optional(integer(1, 65_535), 9999),
  /** Any operation, of call. */
  product: optional(text()),
  operation: optional(text()),
  params: optional(openObject({})),
  query: optional(openObject({})),
  body: optional(openObject({})),
};
