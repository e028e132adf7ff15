import { ANY_TEXT } from "../../api/common.ts";
import { operations, part } from "../../api/operation.ts";
import { integer, list, object, oneOf, openObject, optional, text } from "../../api/schema.ts";
import { runningCluster } from "./cluster-model.ts";
import { membersOf, nodesOfCluster } from "./node-model.ts";
import { clustersOf, type Json, nodesOf, partOf, textOf } from "./records.ts";
import { done, invalid, noSuchObject, REQUEST_ID, unmet, v2 } from "./wire.ts";

type Phase = "Pending" | "Upgrading" | "Paused" | "Succeeded";

interface Workflow {
  readonly id: string;
  readonly clusterId: string;
  readonly type: string;
  readonly config: Json;
  readonly watchDog: Json;
  readonly nodes: readonly string[];
  readonly finished: number;
  readonly paused: boolean;
  readonly phase: Phase;
  readonly startTime: string;
  readonly finishedTime: string;
}

const TYPES = ["UpgradeNodes", "UpgradeNodesPreCheck", "UpgradeKubeletConfig"] as const;
const NOT_FOUND = ["cce.warning.ClusterNotFound", "cce.warning.NoSuchObject"];
const STEP = "cce.workflow";
const PATH = "/cluster/{clusterID}/workflow/{workflowID}";

const OPERATIONS = operations({
  CreateWorkflow: {
    summary: "Upgrades components of nodes, or the configuration of their kubelets, node by node.",
    method: "POST",
    ...v2("/cluster/{clusterID}/workflow"),
    body: object({
      workflowType: oneOf(...TYPES),
      workflowConfig: openObject({
        upgradeNodesWorkflowConfig: optional(
          openObject({ cceInstanceIDList: optional(list(text())), instanceGroupID: ANY_TEXT }),
        ),
        upgradeKubeletConfig: optional(openObject({ instanceGroupID: ANY_TEXT })),
      }),
      watchDogConfig: optional(openObject({ unhealthyPodsPercent: optional(integer(0, 100)) })),
    }),
    answer: object({ workflowID: text(), ...REQUEST_ID }),
    errors: ["cce.warning.ClusterNotFound", "cce.warning.InvalidParam", "PreconditionFailed"],
    delay: "cceJob",
  },
  GetWorkflow: {
    summary: "How far a workflow has come.",
    method: "GET",
    ...v2(PATH),
    answer: object({
      workflow: object({
        spec: openObject({ workflowID: text(), clusterID: text(), workflowType: text() }),
        status: openObject({ phase: text(), totalTaskCount: integer(), finishedTaskCount: integer() }),
      }),
      ...REQUEST_ID,
    }),
    errors: NOT_FOUND,
  },
  UpdateWorkflow: {
    summary: "Pauses a workflow after its current node, goes on with it, or changes what it does.",
    method: "PUT",
    ...v2(PATH),
    body: object({ action: oneOf("pause", "resume", "updateSpec"), spec: optional(openObject({})) }),
    answer: object({ clusterID: text(), workflowID: text(), ...REQUEST_ID }),
    errors: [...NOT_FOUND, "PreconditionFailed"],
  },
});

export const workflows = part(OPERATIONS, (account) => {
  const all = account.store.table<Workflow>("cceWorkflows");
  const next = (id: string) => account.store.schedule(STEP, id, account.timings.cceJob);
  account.store.on(STEP, (id) => {
    const workflow = all.get(id);
    if (!workflow || workflow.phase === "Paused" || workflow.phase === "Succeeded") return;
    if (workflow.paused) return void all.patch(id, { phase: "Paused" });
    const nodeId = workflow.nodes[workflow.finished];
    if (workflow.phase === "Pending") all.patch(id, { phase: "Upgrading" });
    else if (nodeId !== undefined) {
      upgrade(nodeId, workflow);
      all.patch(id, { finished: workflow.finished + 1 });
    } else {
      all.patch(id, { phase: "Succeeded", finishedTime: account.time() });
      if (clustersOf(account).get(workflow.clusterId)?.upgradeWorkflowId === id)
        clustersOf(account).patch(workflow.clusterId, { upgradeWorkflowId: "" });
      return;
    }
    next(id);
  });
  const upgrade = (nodeId: string, { type, config }: Workflow): void => {
    const node = nodesOf(account).get(nodeId);
    if (!node || type === "UpgradeNodesPreCheck") return;
    const { components } = partOf(config, "upgradeNodesWorkflowConfig");
    const runtime = (Array.isArray(components) ? (components as Json[]) : []).find(
      ({ name, targetVersion }) => name === "containerRuntime" && targetVersion,
    );
    const { deployCustomConfig } = partOf(config, "upgradeKubeletConfig");
    const spec = {
      ...node.spec,
      ...(runtime ? { runtimeVersion: runtime.targetVersion } : {}),
      ...(deployCustomConfig ? { deployCustomConfig } : {}),
    };
    nodesOf(account).patch(nodeId, { spec, updatedAt: account.time() });
  };
  const getWorkflow = (clusterId: string, id: string): Workflow => {
    runningCluster(account, clusterId);
    const workflow = all.get(id);
    if (workflow?.clusterId !== clusterId) throw noSuchObject(`Workflow ${id}`);
    return workflow;
  };
  return {
    CreateWorkflow({ params: { clusterID }, body: { workflowType, workflowConfig, watchDogConfig = {} } }) {
      const cluster = runningCluster(account, clusterID);
      if (cluster.upgradeWorkflowId) throw unmet(`Workflow ${cluster.upgradeWorkflowId} is not finished.`);
      const { upgradeNodesWorkflowConfig, upgradeKubeletConfig } = workflowConfig;
      const chosen = workflowType === "UpgradeKubeletConfig" ? upgradeKubeletConfig : upgradeNodesWorkflowConfig;
      if (!chosen) throw invalid(`workflowConfig: expected the configuration of ${workflowType}.`);
      const group = textOf(chosen, "instanceGroupID");
      const members = group ? membersOf(account, group) : nodesOfCluster(account, clusterID);
      const named = upgradeNodesWorkflowConfig?.cceInstanceIDList ?? [];
      const nodes = members
        .map(({ cceInstanceId }) => cceInstanceId)
        .filter((id) => named.length === 0 || named.includes(id));
      if (nodes.length === 0) throw invalid("workflowConfig: there are no such instances.");
      const id = account.newId("workflow");
      all.set(id, {
        id,
        clusterId: clusterID,
        type: workflowType,
        config: workflowConfig,
        watchDog: watchDogConfig,
        nodes,
        finished: 0,
        paused: false,
        phase: "Pending",
        startTime: account.time(),
        finishedTime: "",
      });
      clustersOf(account).patch(clusterID, { upgradeWorkflowId: id });
      next(id);
      return { workflowID: id, ...done(account) };
    },
    GetWorkflow({ params: { clusterID, workflowID } }) {
      const { type, config, watchDog, nodes, finished, paused, phase, startTime, finishedTime } = getWorkflow(
        clusterID,
        workflowID,
      );
      const spec = {
        handler: "",
        workflowID,
        clusterID,
        accountID: account.id,
        userID: account.id,
        paused,
        workflowType: type,
        config,
        watchDogConfig: watchDog,
      };
      const status = {
        startTime,
        ...(finishedTime ? { finishedTime } : {}),
        phase,
        totalTaskCount: nodes.length,
        finishedTaskCount: finished,
        taskGroupList: [],
        retryCount: 0,
        errorMessage: "",
        watchDogStatus: { healthy: true },
      };
      return { workflow: { spec, status }, ...done(account) };
    },
    UpdateWorkflow({ params: { clusterID, workflowID }, body: { action, spec } }) {
      const workflow = getWorkflow(clusterID, workflowID);
      if (workflow.phase === "Succeeded") throw unmet(`Workflow ${workflowID} is finished.`);
      if (action === "updateSpec" && !spec) throw invalid("spec is required.");
      if (action === "pause") all.patch(workflowID, { paused: true });
      if (action === "updateSpec" && spec)
        all.patch(workflowID, { config: { ...workflow.config, ...partOf(spec, "config") } });
      if (action === "resume") {
        all.patch(workflowID, { paused: false, phase: workflow.phase === "Paused" ? "Upgrading" : workflow.phase });
        if (workflow.phase === "Paused") next(workflowID);
      }
      return { clusterID, workflowID, ...done(account) };
    },
  };
});
