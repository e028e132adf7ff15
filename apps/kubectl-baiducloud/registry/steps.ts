import { formatMs } from "@ccm/base";
import type { RotationRequest, Step } from "@ccm/image-registry";

/** A step for people. */
export function stepText(step: Step, { images, hosts }: RotationRequest): string {
  switch (step.do) {
    case "begin":
      return "keep a record of the rotation, with the new password, in the cluster";
    case "create":
      return `create robot ${step.login}`;
    case "set-secret":
      return `give ${step.login} the password of the record`;
    case "enable-new":
    case "enable-old":
      return `enable ${step.login}`;
    case "set-password":
      return `set the password of user ${step.login}: the one before ends`;
    case "prove":
      return `see that ${step.login} can ${images.length > 0 ? `pull ${images.join(", ")}` : `log in to ${hosts[0]}`}`;
    case "remember":
      return "keep the entries that are replaced, for the way back";
    case "replace":
      return `write the new login into Secret ${step.namespace}/${step.name}`;
    case "restore":
      return `write the old login back into Secret ${step.namespace}/${step.name}`;
    case "mark-replaced":
    case "mark-restored":
    case "mark-disabled":
      return `note when that was done`;
    case "watch":
      return `watch pulls for ${until(step)}`;
    case "rest":
      return `leave it disabled for ${until(step)}`;
    case "disable":
      return `disable ${step.login}`;
    case "delete-old":
    case "delete-new":
      return `delete ${step.login}`;
    case "stop":
      return `STOPS: ${step.because.join("; ")}`;
    case "finish":
      return "delete the record";
  }
}

function until({ ms, until: end }: Extract<Step, { readonly do: "watch" | "rest" }>): string {
  const whole =
    ms < 120_000 ? formatMs(ms) : ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
  return end === undefined ? whole : `${whole}, to ${new Date(end).toISOString()}`;
}
