import { type HttpResponse, type ServerRequest, textResponse } from "@ccm/base";
import type { ManagerEnvironment } from "./environment.ts";
import { levelOfVerbosity } from "./flags.ts";

type Page = (request: ServerRequest, query: URLSearchParams) => Promise<HttpResponse>;

const LONGEST_PROFILE_S = 300;

/** What --profiling serves: profiles in V8's formats (Chrome's developer tools open them), and the verbosity of the log. */
export function debugPages({
  setLogLevel,
  profiler,
}: Pick<ManagerEnvironment, "setLogLevel" | "profiler">): readonly (readonly [path: string, page: Page])[] {
  const pages: (readonly [string, Page])[] = [];
  if (profiler) {
    const file = (text: string, name: string) =>
      textResponse(200, text, {
        "content-type": "application/json",
        "content-disposition": `attachment; filename="${name}"`,
      });
    pages.push(
      ["/debug/pprof", async () => textResponse(200, "profile?seconds=30\nheap\n")],
      [
        "/debug/pprof/profile",
        async ({ signal }, query) => {
          const seconds = Number(query.get("seconds") ?? 30);
          if (!(seconds > 0 && seconds <= LONGEST_PROFILE_S)) {
            return textResponse(400, `seconds: expected a number from 1 to ${LONGEST_PROFILE_S}\n`);
          }
          return file(await profiler.cpu(seconds, signal), "manager.cpuprofile");
        },
      ],
      ["/debug/pprof/heap", async () => file(await profiler.heap(), "manager.heapprofile")],
    );
  }
  if (setLogLevel) {
    pages.push([
      "/debug/flags/v",
      async ({ method, body }) => {
        if (method !== "PUT") return textResponse(405, "method not allowed\n", { allow: "PUT" });
        const verbosity = new TextDecoder().decode(body).trim();
        if (!/^\d+$/.test(verbosity)) return textResponse(400, `verbosity "${verbosity}": expected a whole number\n`);
        setLogLevel(levelOfVerbosity(Number(verbosity)));
        return textResponse(200, `successfully set klog.logging.verbosity to ${verbosity}\n`);
      },
    ]);
  }
  return pages;
}
