import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, it } from "node:test";
import { unlessAborted } from "./abort.ts";

const listeners = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

describe("unlessAborted", () => {
  it("gives what the promise gives", async () => {
    const { signal } = new AbortController();
    assert.equal(await unlessAborted(Promise.resolve(7), signal), 7);
    await assert.rejects(unlessAborted(Promise.reject(new Error("no")), signal), /no/);
    assert.equal(await unlessAborted(Promise.resolve(8), undefined), 8);
  });

  it("rejects with the reason when the signal aborts first", async () => {
    const controller = new AbortController();
    const never = unlessAborted(new Promise(() => {}), controller.signal);
    controller.abort(new Error("enough"));
    await assert.rejects(never, /enough/);
  });

  it("rejects at once when the signal is aborted already, and swallows what comes later", async () => {
    const { promise, reject } = Promise.withResolvers<void>();
    await assert.rejects(unlessAborted(promise, AbortSignal.abort(new Error("too late"))), /too late/);
    reject(new Error("nobody waits for this: an unhandled rejection would fail the test run"));
  });

  it("leaves no listener on a signal that lives on", async () => {
    const { signal } = new AbortController();
    for (let i = 0; i < 20; i++) {
      await unlessAborted(Promise.resolve(i), signal);
      await unlessAborted(Promise.reject(new Error("no")), signal).catch(() => {});
    }
    assert.equal(listeners(signal), 0);
  });
});
