import { type Access, verifyAccess } from "@ccm/cluster-access/verify";
import { EXIT, type Io } from "../io.ts";
import { type Format, writeReport } from "../output.ts";
import { openKube } from "../session.ts";

export interface VerifyOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly output: Format;
}

/** A certificate that ends within this is worth telling; one for hours, when a tenth of its life is left. */
const SOON_MS = 7 * 86_400_000;

/** Signs in with a kubeconfig: who that is, what it may do, when its certificate ends. */
export async function verify(io: Io, options: VerifyOptions): Promise<number> {
  const kube = await openKube(io, options);
  try {
    const namespace = options.namespace ?? kube.namespace;
    const now = io.clock.now();
    const access = await verifyAccess(kube.client, kube.connection, { namespace, now, signal: io.signal });
    const ends = access.certificate && access.certificate.notAfter - now;
    const { certificate } = access;
    const life = certificate ? certificate.notAfter - certificate.notBefore : 0;
    const endsSoon = ends !== undefined && ends < Math.min(SOON_MS, life / 10);
    writeReport(io, options.output, {
      data: {
        ...access,
        ...(certificate
          ? {
              certificate: {
                ...certificate,
                notBefore: new Date(certificate.notBefore).toISOString(),
                notAfter: new Date(certificate.notAfter).toISOString(),
              },
            }
          : {}),
      },
      sections: [
        { columns: ["SIGNED IN", ""], rows: facts(access, ends).map((cells) => ({ cells })) },
        {
          columns: [`IN NAMESPACE ${namespace}`, "MAY"],
          rows: access.everything
            ? [{ cells: ["everything", "everything, in all namespaces"] }]
            : access.rights.map(({ resource, verbs }) => ({ cells: [resource, verbs.join(" ") || "-"] })),
        },
      ],
      summary: [
        endsSoon ? "The certificate ends soon: get a new one with kubectl baiducloud kubeconfig get." : "It works.",
      ],
    });
    return endsSoon ? EXIT.findings : EXIT.nothing;
  } finally {
    await kube.close();
  }
}

function facts(access: Access, ends: number | undefined): readonly (readonly string[])[] {
  const { server, user, groups, toldBy, certificate } = access;
  const until = certificate ? new Date(certificate.notAfter).toISOString().replace(/\.\d+Z$/, "Z") : "";
  const by = toldBy === "server" ? "" : " (as the certificate says; the API server is too old to tell)";
  return [
    ["server", server],
    ["user", `${user}${by}`],
    ["groups", groups.join(", ") || "-"],
    ["certificate", ends === undefined ? "none: a token or a plugin" : `until ${until}, ${lasting(ends)} from now`],
  ];
}

/** "3 days", "7 h", "12 min". */
function lasting(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 120) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} days`;
}
