import { keyOf } from "@ccm/kube";
import { failedOf } from "./inspect-all.ts";
import { EXIT, type Io } from "./io.ts";
import { plural, writeReport } from "./output.ts";
import { failedSection, inspectSelected, notLookedAt, problemSection, type ServiceCommandOptions } from "./plan.ts";

/** Which fields in the cloud are not as the Services want them. Changes nothing. */
export async function drift(io: Io, options: ServiceCommandOptions): Promise<number> {
  const inspected = await inspectSelected(io, options);
  const failed = failedOf(inspected);
  const looked = inspected.flatMap((one) => ("inspection" in one ? [one] : []));
  const found = looked.flatMap(({ service, inspection }) =>
    inspection.drift.map(({ object, field, found: value, restored }) => {
      return { service: keyOf(service), object, field, found: value, wanted: restored };
    }),
  );
  const problems = looked.flatMap(({ service, inspection }) =>
    inspection.problems.map(({ facet, reason, message }) => ({ service: keyOf(service), facet, reason, message })),
  );
  const services = plural(looked.length, "Service");
  const concerned = new Set(found.map(({ service }) => service)).size;
  writeReport(io, options.output, {
    data: { drift: found, problems, failed, summary: { services: looked.length, concerned, fields: found.length } },
    sections: [
      {
        columns: ["SERVICE", "OBJECT", "FIELD", "FOUND", "WANTED"],
        rows: found.map(({ service, object, field, found: value, wanted }) => {
          const tone = wanted === "nothing" ? ("alarm" as const) : ("warn" as const);
          return { cells: [service, object, field, value, wanted], tone };
        }),
      },
      problemSection(problems),
      failedSection(failed),
    ],
    summary: [
      found.length === 0
        ? `Nothing differs for ${services}.`
        : `${found.length} ${found.length === 1 ? "field differs" : "fields differ"} in ${concerned} of ${services}; the CCM's periodic look restores what is wanted.`,
      ...(failed.length > 0 ? [notLookedAt(failed)] : []),
    ],
  });
  if (failed.length > 0) return EXIT.failure;
  return found.length + problems.length > 0 ? EXIT.findings : EXIT.nothing;
}
