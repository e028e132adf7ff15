import type { Account } from "../../account.ts";
import { parse } from "../../api/parse.ts";
import type { InferFields } from "../../api/schema.ts";
import { notFound } from "./faults.ts";
import type { NewService } from "./vm-model.ts";
import { type MACHINE, NEW_SERVICE } from "./vm-schemas.ts";

/** A machine to be, by a name. */
export interface NamedTemplate {
  readonly templateId: string;
  readonly templateName: string;
  readonly policy: string;
  readonly machine: Omit<InferFields<typeof MACHINE>, "vmName">;
  readonly createTime: string;
  readonly updateTime: string;
}

export const templatesOf = ({ shared }: Pick<Account, "shared">) => shared.table<NamedTemplate>("becTemplates");

export function getTemplate(account: Pick<Account, "shared">, id: string): NamedTemplate {
  const found = templatesOf(account).get(id);
  if (!found) throw notFound(id);
  return found;
}

/** What the request does not say, its template does. */
export function withTemplate(account: Account, body: NewService): NewService {
  if (!body.templateId) return body;
  const { machine } = getTemplate(account, body.templateId);
  const said = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined && value !== ""));
  return { ...body, ...machine, ...said };
}

export const templateAlone = (account: Account, templateId: string): NewService =>
  withTemplate(account, parse(NEW_SERVICE, { templateId }, "") as NewService);
