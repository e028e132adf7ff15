import { Session } from "node:inspector/promises";
import { sleep } from "@ccm/base";
import { systemClock } from "@ccm/base/node";
import type { Profiler } from "../manager/environment.ts";

/** Profiles of this process by V8's own profiler. One at a time. */
export const v8Profiler: Profiler = {
  cpu: (seconds, signal) =>
    profiled(async (session) => {
      await session.post("Profiler.enable");
      await session.post("Profiler.start");
      await sleep(systemClock, seconds * 1000, signal);
      return JSON.stringify((await session.post("Profiler.stop")).profile);
    }),
  heap: () =>
    profiled(async (session) => {
      await session.post("HeapProfiler.enable");
      await session.post("HeapProfiler.startSampling");
      return JSON.stringify((await session.post("HeapProfiler.stopSampling")).profile);
    }),
};

async function profiled(work: (session: Session) => Promise<string>): Promise<string> {
  const session = new Session();
  session.connect();
  try {
    return await work(session);
  } finally {
    session.disconnect();
  }
}
