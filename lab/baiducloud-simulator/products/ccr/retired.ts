import { Fault } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { anything, optional, text } from "../../api/schema.ts";

/** The image repository that CCE once had. The cloud took it down: all that is left is a refusal that says where to go. */
const GONE = { errors: ["OperationDenied"], clientToken: false } as const;
const BODY = optional(anything());
const USER = { user: optional(text()) };

const OPERATIONS = operations({
  CreateImageUser: { summary: "Retired.", method: "POST", path: "/v1/image/user", body: BODY, ...GONE },
  GetImageUser: { summary: "Retired.", method: "GET", path: "/v1/image/user", ...GONE },
  UpdateImageUser: { summary: "Retired.", method: "PUT", path: "/v1/image/user", body: BODY, ...GONE },
  CreateImageNamespace: { summary: "Retired.", method: "POST", path: "/v1/image/namespace", body: BODY, ...GONE },
  ListImageNamespaces: { summary: "Retired.", method: "GET", path: "/v1/image/namespace", query: USER, ...GONE },
  GetImageNamespace: { summary: "Retired.", method: "GET", path: "/v1/image/namespace/{namespace}", ...GONE },
  DeleteImageNamespace: { summary: "Retired.", method: "DELETE", path: "/v1/image/namespace/{namespace}", ...GONE },
  ListImages: { summary: "Retired.", method: "GET", path: "/v1/image", query: USER, ...GONE },
  CreateImageMeta: { summary: "Retired.", method: "POST", path: "/v1/image/meta", body: BODY, ...GONE },
  GetImageMeta: { summary: "Retired.", method: "GET", path: "/v1/image/meta", ...GONE },
  DeleteImageMeta: { summary: "Retired.", method: "DELETE", path: "/v1/image/meta", body: BODY, ...GONE },
});

export const retired = part(OPERATIONS, () => {
  const gone = (): never => {
    throw new Fault(
      409,
      "OperationDenied",
      "The image repository of CCE is retired: use CCR (ccr.baidubce.com) instead.",
    );
  };
  return {
    CreateImageUser: gone,
    GetImageUser: gone,
    UpdateImageUser: gone,
    CreateImageNamespace: gone,
    ListImageNamespaces: gone,
    GetImageNamespace: gone,
    DeleteImageNamespace: gone,
    ListImages: gone,
    CreateImageMeta: gone,
    GetImageMeta: gone,
    DeleteImageMeta: gone,
  };
});
