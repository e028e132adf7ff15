package main

import "github.com/baidubce/bce-sdk-go/services/resmanager"

func tourResourceGroups() {
	client, err := resmanager.NewClient(env.AccessKeyID, env.SecretAccessKey, endpointOf("resourcemanager"))
	must(err)
	servers := newBccClient()
	net := buildNetwork("grouped")
	machine := net.instances(servers, "grouped", 1)[0]
	shop := ok(client.CreateResourceGroup(&resmanager.CreateResourceGroupArgs{Name: "shop", Extra: "of the tour"})).GroupId
	depot := ok(client.CreateResourceGroup(&resmanager.CreateResourceGroupArgs{Name: "depot"})).GroupId
	refused(refusal(client.CreateResourceGroup(&resmanager.CreateResourceGroupArgs{Name: "shop"})), 409, "OperationDenied")
	found := map[string]resmanager.GroupTree{}
	var collect func(trees []resmanager.GroupTree)
	collect = func(trees []resmanager.GroupTree) {
		for _, tree := range trees {
			found[tree.GroupID] = tree
			collect(tree.Children)
		}
	}
	collect(ok(client.QueryGroupList("shop")).GroupTrees)
	equal("name", found[shop].Name, "shop")
	equal("extra", found[shop].Extra, "of the tour")
	equal("groups of another name", found[depot].Name, "")

	binding := resmanager.Binding{ResourceId: machine, ResourceType: "BCC", ResourceRegion: env.Region, GroupId: shop}
	bound := ok(client.BindResourceToGroup(&resmanager.BindResourceToGroupArgs{Bindings: []resmanager.Binding{binding}}))
	equal("resources bound", len(bound.ResGroups), 1)
	equal("the resource", bound.ResGroups[0].ID, machine)
	equal("its group", bound.ResGroups[0].Groups[0].GroupId, shop)
	briefs := func() []resmanager.ResourceGroupsDetailFull {
		brief := resmanager.ResourceBrief{ResourceId: machine, ResourceType: "BCC", ResourceRegion: env.Region}
		return ok(client.GetResGroupBatch(&resmanager.ResGroupDetailRequest{ResourceBrief: []resmanager.ResourceBrief{brief}})).ResourceGroupsDetailFull
	}
	groups := func() []resmanager.BindGroupInfo {
		found := briefs()
		if len(found) != 1 {
			report("expected one resource, got %d", len(found))
			panic(stop{})
		}
		return found[0].BindGroupInfo
	}
	equal("groups of the machine", groups()[0].GroupId, shop)
	that("bound at", isTime(groups()[0].BindTime))
	move := resmanager.MoveResModel{TargetGroupId: depot, OldGroupResInfo: resmanager.OldGroupResInfo(binding)}
	ok(client.ChangeResourceGroup(&resmanager.ChangeResourceGroupArgs{MoveResModels: []resmanager.MoveResModel{move}}))
	equal("groups after the move", groups()[0].GroupId, depot)
	refused(client.RemoveResourceFromGroup(&resmanager.BindResourceToGroupArgs{Bindings: []resmanager.Binding{binding}}), 404, "NoSuchObject")
	binding.GroupId = depot
	done(client.RemoveResourceFromGroup(&resmanager.BindResourceToGroupArgs{Bindings: []resmanager.Binding{binding}}))
	equal("resources that are in groups, in the end", len(briefs()), 0)
	done(servers.DeleteInstance(machine))
	untilGone(servers, machine)
	net.demolish()
}
