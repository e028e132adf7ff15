package main

import (
	"github.com/baidubce/bce-sdk-go/auth"
	"github.com/baidubce/bce-sdk-go/bce"
	"github.com/baidubce/bce-sdk-go/services/iam"
	"github.com/baidubce/bce-sdk-go/services/iam/api"
	"github.com/baidubce/bce-sdk-go/services/sts"
	"github.com/baidubce/bce-sdk-go/services/vpc"
)

func tourIam() {
	client, err := iam.NewClientWithEndpoint(env.AccessKeyID, env.SecretAccessKey, endpointOf("iam"))
	must(err)
	made := ok(client.CreateUser(&api.CreateUserArgs{Name: "grace", Description: "first"}))
	equal("name", made.Name, "grace")
	that("created time, as a time", !made.CreateTime.IsZero())
	equal("description", ok(client.GetUser("grace")).Description, "first")
	ok(client.UpdateUser("grace", &api.UpdateUserArgs{Description: "changed"}))
	equal("description after update", ok(client.GetUser("grace")).Description, "changed")
	refused(refusal(client.GetUser("nobody")), 404, "UserNotFound")
	that("she is listed", contains(idsOf(ok(client.ListUser()).Users, func(one api.UserModel) string { return one.Name }), "grace"))

	ok(client.CreateGroup(&api.CreateGroupArgs{Name: "readers", Description: "who may look"}))
	equal("description of the group", ok(client.GetGroup("readers")).Description, "who may look")
	done(client.AddUserToGroup("grace", "readers"))
	equal("members", len(ok(client.ListUsersInGroup("readers")).Users), 1)
	equal("her groups", len(ok(client.ListGroupsForUser("grace")).Groups), 1)
	done(client.DeleteUserFromGroup("grace", "readers"))
	equal("members", len(ok(client.ListUsersInGroup("readers")).Users), 0)
	done(client.DeleteGroup("readers"))

	key := ok(client.CreateAccessKey("grace"))
	that("a secret, once", key.Secret != "")
	listed := ok(client.ListAccessKey("grace")).AccessKeys
	equal("keys", idsOf(listed, func(one api.AccessKeyModel) string { return one.Id }), []string{key.Id})
	equal("secret, later", listed[0].Secret, "")
	hers, err := vpc.NewClient(key.Id, key.Secret, endpointOf("vpc"))
	must(err)
	list := func() error { return refusal(hers.ListVPC(&vpc.ListVPCArgs{})) }
	ok(client.DisableAccessKey("grace", key.Id))
	refused(list(), 403, "InvalidAccessKeyId")
	ok(client.EnableAccessKey("grace", key.Id))

	attach := &api.AttachPolicyToUserArgs{UserName: "grace", PolicyName: "VPCReadPolicy", PolicyType: "System"}
	policies := ok(client.ListPolicy("", "System")).Policies
	that("there are policies of the cloud", len(policies) > 0)
	attach.PolicyName = policies[0].Name
	done(client.AttachPolicyToUser(attach))
	attached := ok(client.ListUserAttachedPolicies("grace")).Policies
	equal("her policies", idsOf(attached, func(one api.PolicyModel) string { return one.Name }), []string{policies[0].Name})
	done(client.DetachPolicyFromUser(&api.DetachPolicyFromUserArgs{UserName: "grace", PolicyName: policies[0].Name, PolicyType: "System"}))
	equal("her policies", len(ok(client.ListUserAttachedPolicies("grace")).Policies), 0)

	done(client.DeleteAccessKey("grace", key.Id))
	refused(list(), 403, "InvalidAccessKeyId")
	done(client.DeleteUser("grace"))
	refused(refusal(client.GetUser("grace")), 404, "UserNotFound")
}

// tourSts works with a key that lasts for a while, and needs its token.
func tourSts() {
	client, err := sts.NewStsClient(env.AccessKeyID, env.SecretAccessKey, endpointOf("sts"))
	must(err)
	session := ok(client.GetSessionToken(3600, ""))
	that("created and expiring", isTime(session.CreateTime) && isTime(session.Expiration))
	with := func(token string) *vpc.Client {
		networks, err := vpc.NewClient(session.AccessKeyId, session.SecretAccessKey, endpointOf("vpc"))
		must(err)
		networks.Config.Retry = bce.NewNoRetryPolicy()
		if token != "" {
			credentials, err := auth.NewSessionBceCredentials(session.AccessKeyId, session.SecretAccessKey, token)
			must(err)
			networks.Config.Credentials = credentials
		}
		return networks
	}
	that("it sees the VPCs", len(ok(with(session.SessionToken).ListVPC(&vpc.ListVPCArgs{})).VPCs) > 0)
	that("not without its token", refusal(with("").ListVPC(&vpc.ListVPCArgs{})) != nil)
	that("not with another token", refusal(with("0123456789").ListVPC(&vpc.ListVPCArgs{})) != nil)
}
