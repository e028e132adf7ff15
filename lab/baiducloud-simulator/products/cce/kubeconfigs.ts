import { Fault } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { object, text } from "../../api/schema.ts";
import { subjectOf } from "../iam/authorize.ts";
import { getCluster } from "./cluster-model.ts";
import { grantsIn, issueKubeconfig, userIn } from "./credentials.ts";
import { done, invalid, REQUEST_ID, unmet, v2 } from "./wire.ts";

const TYPES = ["vpc", "public", "internal"] as const;

const OPERATIONS = operations({
  GetKubeConfig: {
    summary: "The kubeconfig of the caller: of an administrator for the account, else with what it was granted.",
    method: "GET",
    ...v2("/kubeconfig/{clusterID}/{kubeConfigType}"),
    answer: object({ kubeConfigType: text({ oneOf: TYPES }), kubeConfig: text(), ...REQUEST_ID }),
    errors: [
      "cce.warning.ClusterNotFound",
      "cce.warning.Unauthorized",
      "cce.warning.InvalidParam",
      "PreconditionFailed",
    ],
  },
});

export const kubeconfigs = part(OPERATIONS, (account) => ({
  async GetKubeConfig({ params: { clusterID, kubeConfigType: type }, principal }) {
    const kubeConfigType = TYPES.find((one) => one === type);
    if (!kubeConfigType) throw invalid(`kubeConfigType: "${type}" is unknown: expected one of ${TYPES.join(", ")}.`);
    const cluster = getCluster(account, clusterID);
    const subject = subjectOf(account, principal);
    const grants = grantsIn(account, cluster, subject);
    if (!grants)
      throw new Fault(
        403,
        "cce.warning.Unauthorized",
        `${subject.kind} ${subject.id} has no right in cluster ${clusterID}.`,
      );
    if (cluster.times.provisioned === undefined) throw unmet(`Cluster ${clusterID} is ${cluster.phase}.`);
    const user = userIn(account, clusterID, subject.id);
    const kubeConfig = await issueKubeconfig(account, cluster, { user, grants, kubeConfigType });
    return { kubeConfigType, kubeConfig, ...done(account) };
  },
}));
