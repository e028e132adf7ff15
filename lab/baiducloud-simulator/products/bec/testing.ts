import { createScene } from "../../testing/client.ts";

/** An answer of any of the calls: the assertion says what should be there. */
export type Got = Readonly<Record<string, unknown>>;

export const NEW_VMS = {
  serviceName: "edge",
  spec: "bec.g5.c2m4",
  imageId: "m-lab00001",
  needPublicIp: true,
  bandwidth: 10,
  deployInstances: [{ regionId: "cn-hangzhou-cm", replicas: 1 }],
};

/** A scene whose calls go to BEC's host, as some of its paths are those of VPC and BLB as well. */
export function createEdgeScene(options: Parameters<typeof createScene>[0] = {}) {
  const scene = createScene(options);
  const how = { host: "bec.baidubce.com" };
  const call = (line: string, body?: unknown) => scene.call<Got>(line, body, how);
  /** "200", or "404 ResourceNotFound". */
  const outcome = async (line: string, body?: unknown): Promise<string> => {
    const { status, body: answer } = await call(line, body);
    return status === 200 ? "200" : `${status} ${answer.code}`;
  };
  const details = async (line: string, body?: unknown): Promise<Got> => (await call(line, body)).body.details as Got;
  const results = async (line: string): Promise<readonly Got[]> => (await call(line)).body.result as readonly Got[];
  /** A service that runs, and its first machine. */
  const runVms = async (more: object = {}) => {
    const { serviceId, instances } = await details("POST /v1/vm/service", { ...NEW_VMS, ...more });
    await scene.settle();
    const [first] = instances as readonly { readonly vmId: string }[];
    return { serviceId: String(serviceId), vmId: first?.vmId ?? "" };
  };
  return { ...scene, call, outcome, details, results, runVms };
}
