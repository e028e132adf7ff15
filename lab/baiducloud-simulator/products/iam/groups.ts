import { ANY_TEXT } from "../../api/common.ts";
import { Fault } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { list, object, optional, text } from "../../api/schema.ts";
import { checkFree, detachAll, type Group, getGroup, getUser, groupsOf, newIamId, noSuch, usersOf } from "./records.ts";
import { NAME, USER, viewUser } from "./users.ts";

const GROUP = object({ id: text(), name: text(), createTime: text(), description: ANY_TEXT });
const PATH = "/v1/group/{groupName}";
const MEMBER = "/v1/group/{groupName}/user/{userName}";

const OPERATIONS = operations({
  CreateGroup: {
    summary: "Creates a group of users.",
    method: "POST",
    path: "/v1/group",
    body: object({ name: NAME, description: ANY_TEXT }),
    answer: GROUP,
    errors: ["GroupAlreadyExists"],
  },
  ListGroup: { summary: "All groups.", method: "GET", path: "/v1/group", answer: object({ groups: list(GROUP) }) },
  GetGroup: { summary: "One group.", method: "GET", path: PATH, answer: GROUP, errors: ["GroupNotFound"] },
  UpdateGroup: {
    summary: "Renames a group or describes it.",
    method: "PUT",
    path: PATH,
    body: object({ name: optional(NAME), description: ANY_TEXT }),
    answer: GROUP,
    errors: ["GroupNotFound", "GroupAlreadyExists"],
  },
  DeleteGroup: { summary: "Deletes a group; its users stay.", method: "DELETE", path: PATH, errors: ["GroupNotFound"] },
  AddUserToGroup: {
    summary: "Puts a user into a group; nothing when it is there.",
    method: "PUT",
    path: MEMBER,
    errors: ["GroupNotFound", "UserNotFound"],
  },
  DeleteUserFromGroup: {
    summary: "Takes a user out of a group.",
    method: "DELETE",
    path: MEMBER,
    errors: ["GroupNotFound", "UserNotFound", "UserNotInGroup"],
  },
  ListUsersInGroup: {
    summary: "The users of a group.",
    method: "GET",
    path: "/v1/group/{groupName}/user",
    answer: object({ users: list(USER) }),
    errors: ["GroupNotFound"],
  },
  ListGroupsForUser: {
    summary: "The groups of a user.",
    method: "GET",
    path: "/v1/user/{userName}/group",
    answer: object({ groups: list(GROUP) }),
    errors: ["UserNotFound"],
  },
});

export const groups = part(OPERATIONS, (account) => {
  const membersOf = (id: string) =>
    usersOf(account)
      .all()
      .filter((user) => user.groups.includes(id));
  const leave = (groupId: string, userId: string): void => {
    const before = usersOf(account).get(userId)?.groups ?? [];
    usersOf(account).patch(userId, { groups: before.filter((id) => id !== groupId) });
  };
  return {
    CreateGroup({ body: { name, description = "" } }) {
      checkFree(groupsOf(account), "Group", name);
      const group: Group = { id: newIamId(account.random), name, createTime: account.time(), description };
      groupsOf(account).set(group.id, group);
      return group;
    },
    ListGroup: () => ({ groups: groupsOf(account).all() }),
    GetGroup: ({ params }) => getGroup(account, params.groupName),
    UpdateGroup({ params, body }) {
      const group = getGroup(account, params.groupName);
      if (body.name && body.name !== group.name) checkFree(groupsOf(account), "Group", body.name);
      const change = { name: body.name || group.name, description: body.description ?? group.description };
      const changed = groupsOf(account).patch(group.id, change);
      if (!changed) throw noSuch("Group", params.groupName);
      return changed;
    },
    DeleteGroup({ params }) {
      const { id } = getGroup(account, params.groupName);
      for (const user of membersOf(id)) leave(id, user.id);
      detachAll(account, id);
      groupsOf(account).delete(id);
      return {};
    },
    AddUserToGroup({ params }) {
      const group = getGroup(account, params.groupName);
      const user = getUser(account, params.userName);
      if (!user.groups.includes(group.id)) usersOf(account).patch(user.id, { groups: [...user.groups, group.id] });
      return {};
    },
    DeleteUserFromGroup({ params }) {
      const group = getGroup(account, params.groupName);
      const user = getUser(account, params.userName);
      if (!user.groups.includes(group.id))
        throw new Fault(404, "UserNotInGroup", `The user ${user.name} is not in the group ${group.name}.`);
      leave(group.id, user.id);
      return {};
    },
    ListUsersInGroup: ({ params }) => ({ users: membersOf(getGroup(account, params.groupName).id).map(viewUser) }),
    ListGroupsForUser({ params }) {
      const { groups: ids } = getUser(account, params.userName);
      return {
        groups: groupsOf(account)
          .all()
          .filter(({ id }) => ids.includes(id)),
      };
    },
  };
});
