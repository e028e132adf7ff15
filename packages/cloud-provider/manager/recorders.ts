import type { Clock } from "@ccm/base";
import { createEventRecorder, type EventRecorder, type EventRecorderOptions, type KubeClient } from "@ccm/kube";

/** Events still on their way when the manager ends are given this long. */
const LAST_EVENTS_MS = 2000;

/** The recorders of one process, one for each component that has something to tell. */
export function createRecorders(parts: Omit<EventRecorderOptions, "client" | "component"> & { readonly clock: Clock }) {
  const made: (EventRecorder & { flush(): Promise<void> })[] = [];
  return {
    make(component: string, client: KubeClient): EventRecorder {
      const recorder = createEventRecorder({ ...parts, component, client });
      made.push(recorder);
      return recorder;
    },
    /** Resolves in any case, and leaves no timer behind that would keep the process. */
    flush: () =>
      new Promise<void>((resolve) => {
        const cancel = parts.clock.schedule(LAST_EVENTS_MS, resolve);
        Promise.all(made.map((recorder) => recorder.flush())).then(() => {
          cancel();
          resolve();
        });
      }),
  };
}
