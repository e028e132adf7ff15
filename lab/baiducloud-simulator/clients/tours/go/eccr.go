package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/baidubce/bce-sdk-go/services/eccr"
)

// tourEccr is about registries of the enterprise edition.
func tourEccr() {
	client, err := eccr.NewClient(env.AccessKeyID, env.SecretAccessKey, endpointOf("ccr"))
	must(err)
	net := buildNetwork("registry")
	args := &eccr.CreateInstanceArgs{
		Type: "BASIC", Name: "tour", PaymentTiming: "prepay", Tags: []eccr.Tag{{TagKey: "team", TagValue: "go"}},
		Billing: eccr.Billing{ReservationTimeUnit: "MONTH", ReservationTime: 1, AutoRenewTimeUnit: "MONTH", AutoRenewTime: 1},
	}
	var ids []string
	for range 3 {
		made := ok(client.CreateInstance(args))
		that("an order", made.OrderID != "")
		ids = append(ids, made.InstanceID)
	}
	id := ids[0]
	get := func() *eccr.GetInstanceDetailResponse { return ok(client.GetInstanceDetail(id)) }
	running := func() { until(id+" runs", func() bool { return get().Info.Status == "Running" }) }
	running()
	shown := get()
	equal("name", shown.Info.Name, "tour")
	equal("edition", shown.Info.InstanceType, "BASIC")
	equal("region", shown.Info.Region, env.Region)
	equal("tags", shown.Info.Tags, args.Tags)
	that("a host for docker", strings.Contains(shown.Info.PublicURL, id+"-pub.cnc."+env.Region))
	that("it ends after a month", shown.Info.ExpireTime.After(shown.Info.CreateTime.AddDate(0, 0, 27)))
	that("quotas", shown.Quota.Repo > 0 && shown.Quota.Namespace > 0)
	equal("what it holds", shown.Statistic.Namespace, int64(0))
	list := func(page int) *eccr.ListInstancesResponse {
		return ok(client.ListInstances(&eccr.ListInstancesArgs{PageNo: page, PageSize: 2}))
	}
	equal("registries in all", list(1).Total, 3)
	equal("registries on the pages", fmt.Sprint(len(list(1).Instances), len(list(2).Instances)), "2 1")
	equal("registries of a name", ok(client.ListInstances(&eccr.ListInstancesArgs{PageNo: 1, PageSize: 10, KeywordType: "id", Keyword: id})).Instances[0].ID, id)
	equal("name after rename", ok(client.UpdateInstance(id, &eccr.UpdateInstanceArgs{Name: "renamed"})).Name, "renamed")
	done(client.AssignInstanceTag(id, &eccr.AssignTagsRequest{Tags: []eccr.Tag{{TagKey: "stage", TagValue: "test"}}}))
	that("the tag is there", strings.Contains(fmt.Sprint(get().Info.Tags), "stage"))
	that("an order for an upgrade", ok(client.UpgradeInstance(id, &eccr.UpgradeInstanceArgs{Type: "STANDARD"})).OrderID != "")
	until("the edition is another", func() bool { return get().Info.InstanceType == "STANDARD" && get().Info.Status == "Running" })
	ends := get().Info.ExpireTime
	renewal := &eccr.RenewInstanceArgs{Items: []eccr.Item{{Config: eccr.Config{Duration: 2, InstanceId: id, ServiceType: "CCR", TimeUnit: "MONTH", UUID: id}}}}
	that("an order for more time", ok(client.RenewInstance("RENEW", renewal)).OrderId != "")
	that("it ends later", get().Info.ExpireTime.After(ends))
	refused(refusal(client.GetInstanceDetail("ccr-nothere1")), 404, "NoSuchObject")
	bad := *args
	bad.Type = "GIANT"
	refused(refusal(client.CreateInstance(&bad)), 400, "BadRequest")

	tourRegistryNetworks(client, net, id)
	tourProjects(client, id)
	tourRobots(client, id)
	tourRepositories(client, id)
	tourRemotes(client, id)
	net.demolish()
}

func tourRegistryNetworks(client *eccr.Client, net *network, id string) {
	link := &eccr.CreatePrivateNetworkArgs{VpcID: net.vpcID, SubnetID: net.subnets[0], AutoDNSResolve: true}
	undecoded(refusal(client.CreatePrivateNetwork(id, link)))
	links := func() []eccr.PrivateNetworksItems { return ok(client.ListPrivateNetworks(id)).Items }
	until("the VPC is linked", func() bool { return len(links()) == 1 && links()[0].Status == "Running" })
	equal("VPC", links()[0].VpcID, net.vpcID)
	that("an address in the subnet", strings.HasPrefix(links()[0].IPAddress, "10.8.0."))
	done(client.DeletePrivateNetwork(id, &eccr.DeletePrivateNetworkArgs{VpcID: net.vpcID, SubnetID: net.subnets[0]}))
	until("no VPC is linked", func() bool { return len(links()) == 0 })

	public := func() *eccr.ListPublicNetworksResponse { return ok(client.ListPublicNetworks(id)) }
	done(client.UpdatePublicNetwork(id, &eccr.UpdatePublicNetworkArgs{Action: "open"}))
	until("it is open to the public", func() bool { return strings.EqualFold(public().Status, "opened") })
	done(client.AddPublicNetworkWhitelist(id, &eccr.AddPublicNetworkWhitelistArgs{IPAddr: "203.0.113.0/24", Description: "office"}))
	equal("who may come in", public().Whitelist, []eccr.PublicNetworkInfoWhitelist{{IPAddr: "203.0.113.0/24", Description: "office"}})
	done(client.DeletePublicNetworkWhitelist(id, &eccr.DeletePublicNetworkWhitelistArgs{Items: []string{"203.0.113.0/24"}}))
	equal("who may come in", len(public().Whitelist), 0)
	done(client.UpdatePublicNetwork(id, &eccr.UpdatePublicNetworkArgs{Action: "close"}))
	until("it is closed", func() bool { return strings.EqualFold(public().Status, "closed") })

	undecoded(refusal(client.ResetPassword(id, &eccr.ResetPasswordArgs{Password: "Tour1234"})))
	that("a password for some hours", ok(client.CreateTemporaryToken(id, &eccr.CreateTemporaryTokenArgs{Duration: 1})).Password != "")
	refused(refusal(client.CreateTemporaryToken(id, &eccr.CreateTemporaryTokenArgs{Duration: 25})), 400, "BadRequest")
}

func tourProjects(client *eccr.Client, id string) {
	for _, name := range []string{"shop", "depot", "lab"} {
		made := ok(client.CreateProject(id, &eccr.CreateProjectArgs{ProjectName: name, Public: "false"}))
		equal("name", made.ProjectName, name)
		equal("public, as a text", made.Public, "false")
		that("its id", made.ProjectID > 0)
	}
	refused(refusal(client.CreateProject(id, &eccr.CreateProjectArgs{ProjectName: "shop", Public: "false"})), 409, "Conflict")
	list := func(page int) *eccr.ListProjectsResponse {
		return ok(client.ListProjects(id, &eccr.ListProjectsArgs{PageNo: page, PageSize: 2}))
	}
	equal("projects in all", list(1).Total, 3)
	equal("projects on the pages", fmt.Sprint(len(list(1).Projects), len(list(2).Projects)), "2 1")
	equal("name", ok(client.GetProjectDetail(id, "shop")).ProjectName, "shop")
	equal("repositories", ok(client.ListRepositories(id, "shop", &eccr.ListRepositoriesArgs{PageNo: 1, PageSize: 10})).Total, 0)
	refused(refusal(client.GetRepositoryDetail(id, "shop", "none")), 404, "NoSuchObject")
	done(client.DeleteProject(id, "lab"))
	done(client.BatchDeleteProjects(id, &eccr.BatchDeleteProjectsArgs{Items: []string{"depot"}}))
	refused(refusal(client.GetProjectDetail(id, "lab")), 404, "NoSuchObject")
	equal("projects in the end", list(1).Total, 1)
}

// tourRepositories pushes one image and builds others.
func tourRepositories(client *eccr.Client, id string) {
	const project, repository = "shop", "web/face"
	access := []eccr.RobotAccess{{Action: "pull", Resource: "repository"}, {Action: "push", Resource: "repository"}}
	robot := ok(client.CreateRobot(id, &eccr.CreateRobotArgs{Name: "pusher", Duration: 1, Permissions: []eccr.RobotPermission{{Kind: "project", Namespace: project, Access: access}}}))
	pushImage(robot.Name, robot.Secret, project+"/"+repository, "v1")

	equal("repositories", ok(client.ListRepositories(id, project, &eccr.ListRepositoriesArgs{PageNo: 1, PageSize: 10})).Items[0].RepositoryName, repository)
	described := ok(client.UpdateRepository(id, project, repository, &eccr.UpdateRepositoryArgs{Description: "the shop's face"}))
	equal("description", described.Description, "the shop's face")
	tourBuilds(client, id, project, repository)
	shown := ok(client.GetRepositoryDetail(id, project, repository))
	equal("tags of it", shown.TagCount, int64(3))
	equal("project", shown.ProjectName, project)
	that("where docker finds it", strings.HasSuffix(shown.RepositoryPath, "/shop/web/face"))

	list := func(page int) *eccr.ListTagsResponse {
		return ok(client.ListTags(id, project, repository, &eccr.ListTagsArgs{PageNo: page, PageSize: 2}))
	}
	equal("tags in all", list(1).Total, 3)
	equal("tags on the pages", fmt.Sprint(len(list(1).Items), len(list(2).Items)), "2 1")
	tag := ok(client.GetTagDetail(id, project, repository, "v1"))
	that("a digest", strings.HasPrefix(tag.Digest, "sha256:"))
	equal("architecture", tag.Architecture, "amd64")
	equal("operating system", tag.OS, "linux")
	that("size", tag.Size > 0)
	done(client.DeleteTag(id, project, repository, "v1"))
	refused(refusal(client.GetTagDetail(id, project, repository, "v1")), 404, "NoSuchObject")
	done(client.BatchDeleteTags(id, project, repository, &eccr.BatchDeleteTagsArgs{Items: []string{"v2"}}))
	equal("tags in the end", list(1).Total, 1)
	done(client.DeleteRepository(id, project, repository))
	refused(refusal(client.GetRepositoryDetail(id, project, repository)), 404, "NoSuchObject")
	done(client.DeleteRobot(id, fmt.Sprint(robot.ID)))
}

// tourBuilds leaves two images more.
func tourBuilds(client *eccr.Client, id, project, repository string) {
	var tasks []string
	for _, tag := range []string{"v2", "v3"} {
		args := &eccr.BuildRepositoryTaskArgs{TagName: tag, FromType: "dockerfile", Dockerfile: "FROM scratch\n"}
		task := ok(client.CreateBuildRepositoryTask(id, project, repository, args)).ID
		until(task+" is done", func() bool {
			return ok(client.GetBuildRepositoryTask(id, project, repository, task)).Status == "success"
		})
		tasks = append(tasks, task)
	}
	task := ok(client.GetBuildRepositoryTask(id, project, repository, tasks[0]))
	equal("tag", task.TagName, "v2")
	equal("what it is built from", task.Dockerfile, "FROM scratch\n")
	that("it has begun", !task.CreateAt.IsZero())
	builds := ok(client.ListBuildRepositoryTask(id, project, repository, &eccr.ListBuildRepositoryTaskArgs{PageNo: 1, PageSize: 1}))
	equal("builds in all", builds.Total, 2)
	equal("builds on a page", len(builds.Items), 1)
	done(client.DeleteBuildRepositoryTask(id, project, repository, tasks[0]))
	done(client.BatchDeleteBuildRepositoryTask(id, project, repository, &eccr.BatchDeleteBuildRepositoryTaskArgs{Items: tasks[1:]}))
	refused(refusal(client.GetBuildRepositoryTask(id, project, repository, tasks[0])), 404, "NoSuchObject")
}

func tourRobots(client *eccr.Client, id string) {
	permissions := []eccr.RobotPermission{{Kind: "project", Namespace: "shop", Access: []eccr.RobotAccess{{Action: "pull", Resource: "repository"}}}}
	made := ok(client.CreateRobot(id, &eccr.CreateRobotArgs{Name: "puller", Description: "of the tour", Duration: 30, Permissions: permissions}))
	that("its name for docker", strings.HasSuffix(made.Name, "$puller"))
	that("a secret, once", made.Secret != "")
	that("it ends", made.ExpiresAt > 0)
	robot := fmt.Sprint(made.ID)
	find := func() *eccr.Robot {
		robots := ok(client.ListRobots(id, &eccr.ListRobotsArgs{PageNo: 1, PageSize: 10})).Robots
		equal("robots", len(robots), 1)
		return robots[0]
	}
	equal("description", find().Description, "of the tour")
	equal("permissions", find().Permissions, permissions)
	done(client.UpdateRobot(id, robot, &eccr.UpdateRobotArgs{Description: "changed", Duration: 60, Disable: true, Permissions: permissions}))
	equal("it is switched off", find().Disable, true)
	equal("description after update", find().Description, "changed")
	equal("robots that work", ok(client.ListRobots(id, &eccr.ListRobotsArgs{Status: "enabled", PageNo: 1, PageSize: 10})).Total, 0)
	fresh := ok(client.RefreshRobotSecret(id, robot, &eccr.RefreshRobotSecretArgs{})).Secret
	that("another secret", fresh != "" && fresh != made.Secret)
	done(client.DeleteRobot(id, robot))
	refused(client.DeleteRobot(id, robot), 404, "NoSuchObject")
}

// tourRemotes is about registries elsewhere, to copy from and to.
func tourRemotes(client *eccr.Client, id string) {
	secret := &eccr.RegistryCredential{AccessKey: "ada", AccessSecret: "Tour_1234", Type: "basic"}
	made := ok(client.CreateRegistry(id, &eccr.CreateRegistryArgs{Name: "elsewhere", Type: "harbor", URL: "https://harbor.example", Description: "of the tour", Credential: secret}))
	remote := fmt.Sprint(made.ID)
	shown := ok(client.GetRegistryDetail(id, remote))
	equal("name", shown.Name, "elsewhere")
	equal("address", shown.URL, "https://harbor.example")
	equal("user", shown.Credential.AccessKey, "ada")
	that("the secret is not shown", shown.Credential.AccessSecret != "Tour_1234")
	change := &eccr.RegistryRequestArgs{Name: "renamed", Type: "harbor", URL: "https://harbor.example", Credential: secret, Insecure: true}
	equal("name after update", ok(client.UpdateRegistry(id, remote, change)).Name, "renamed")
	equal("insecure", ok(client.GetRegistryDetail(id, remote)).Insecure, true)
	done(client.CheckHealthRegistry(id, change))
	equal("registries", ok(client.ListRegistries(id, &eccr.ListRegistriesArgs{PageNo: 1, PageSize: 10})).Items[0].ID, made.ID)
	done(client.DeleteRegistry(id, remote))
	refused(refusal(client.GetRegistryDetail(id, remote)), 404, "NoSuchObject")
}

// undecoded is for the calls whose answer the SDK reads into what is no pointer: they are done, and the SDK fails.
func undecoded(err error) {
	calls++
	var unread *json.InvalidUnmarshalError
	if !errors.As(err, &unread) {
		report("expected an answer that the SDK cannot read, got %v", err)
	}
}
