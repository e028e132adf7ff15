import type { Account } from "../../account.ts";
import { nodesOf, type Task, tasksOf } from "./records.ts";

const BEGUN = "cce.task";

export function startTasks(account: Account): void {
  account.store.on(BEGUN, (id) => {
    const task = tasksOf(account).get(id);
    if (task?.phase !== "Pending") return;
    tasksOf(account).patch(id, { phase: "Processing" });
    settleTasks(account, task.groupId);
  });
}

/** A change of a group's size, which ends when all these nodes run, or are gone. */
export function addTask(
  account: Account,
  task: Pick<Task, "clusterId" | "groupId" | "kind" | "nodes" | "description">,
): Task {
  const id = account.newId("task");
  const added: Task = { ...task, id, phase: "Pending", startTime: account.time(), errMessage: "" };
  tasksOf(account).set(id, added);
  account.store.schedule(BEGUN, id, account.timings.cceTaskStart);
  return added;
}

/** Ends the tasks of a group whose nodes have got where they were to get. */
export function settleTasks(account: Account, groupId: string): void {
  const nodes = nodesOf(account);
  for (const task of tasksOf(account).all()) {
    if (task.phase !== "Processing" || task.groupId !== groupId) continue;
    const found = task.nodes.map((id) => nodes.get(id));
    const failed = found.find((node) => node?.phase === "create_failed" || node?.phase === "delete_failed");
    // One that has left the group on its way is no concern of the task any more.
    const staying = found.filter((node) => node?.groupId === groupId);
    const isDone =
      task.kind === "ScaleDown"
        ? staying.length === 0
        : staying.every((node) => node?.phase === "running" || node?.phase === "deleting");
    const finishTime = account.time();
    if (failed) {
      const errMessage = `${failed.cceInstanceId}: ${failed.failure?.message ?? failed.phase}`;
      tasksOf(account).patch(task.id, { phase: "Aborted", finishTime, errMessage });
    } else if (isDone) tasksOf(account).patch(task.id, { phase: "Done", finishTime });
  }
}

export function viewTask({ id, description, startTime, finishTime, phase, kind, nodes, errMessage }: Task) {
  const end = finishTime === undefined ? {} : { finishTime };
  return {
    id,
    type: "InstanceGroupReplicas",
    description,
    startTime,
    ...end,
    phase,
    processes: [{ name: kind, phase, startTime, ...end, metrics: { instances: String(nodes.length) } }],
    errMessage,
  };
}
