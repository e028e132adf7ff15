package main

import "github.com/baidubce/bce-sdk-go/services/tag"

func tourTags() {
	client, err := tag.NewClient(env.AccessKeyID, env.SecretAccessKey, endpointOf("tag"))
	must(err)
	net := buildNetwork("tags")
	servers := newBccClient()
	id := net.instances(servers, "tagged", 1)[0]

	stage := []tag.Tag{{TagKey: "stage", TagValue: "test"}, {TagKey: "stage", TagValue: "live"}}
	done(client.CreateTags(&tag.TagsRequest{Tags: stage}))
	equal("tags of a key", len(ok(client.UserTagList("stage", "")).Tags), 2)
	equal("one tag", ok(client.UserTagList("stage", "live")).Tags, stage[1:])
	done(client.DeleteTags(&tag.TagsRequest{Tags: stage[1:]}))
	equal("tags of a key", ok(client.UserTagList("stage", "")).Tags, stage[:1])

	resource := tag.Resource{ResourceId: id, ServiceType: "BCC", Region: env.Region}
	assign := func(tags ...tag.Tag) error {
		withTags := tag.ResourceWithTag{ResourceId: id, ServiceType: "BCC", Region: env.Region, Tags: tags}
		return client.CreateAndAssign(&tag.CreateAndAssignTagRequest{ResourceWithTag: []tag.ResourceWithTag{withTags}})
	}
	tagsOfInstance := func() map[string]string {
		tags := map[string]string{}
		for _, one := range ok(servers.GetInstanceDetail(id)).Instance.Tags {
			tags[one.TagKey] = one.TagValue
		}
		return tags
	}
	done(assign(tag.Tag{TagKey: "team", TagValue: "go"}, stage[0]))
	equal("tags that the instance shows", tagsOfInstance(), map[string]string{"team": "go", "stage": "test"})
	done(client.CreateAssociationsByTag(&tag.CreateAssociationsByTagRequest{
		TagKey: "cost", TagValue: "42", ServiceType: "BCC", Resource: []tag.Resource{resource},
	}))
	equal("one tag more", tagsOfInstance(), map[string]string{"team": "go", "stage": "test", "cost": "42"})
	found := ok(client.TagsResources("cost", "42", env.Region, "BCC")).TagResources
	equal("tags with resources", len(found), 1)
	equal("resources of the tag", found[0].Resources, []tag.TagResource{{ResourceType: "BCC", ResourceId: id, Region: env.Region}})
	full := ok(client.QueryFullList(false, &tag.FullTagListRequest{ResourceIds: []string{id}, ServiceTypes: []string{"BCC"}}))
	equal("associations", len(full.TagAssociationFull), 3)
	equal("resource of an association", full.TagAssociationFull[0].ResourceId, id)
	done(client.DeleteAssociationsByTag(&tag.DeleteAssociationsByTagRequest{
		TagKey: "cost", TagValue: "42", ServiceType: "BCC", Resource: []tag.Resource{resource},
	}))
	equal("one tag less", tagsOfInstance(), map[string]string{"team": "go", "stage": "test"})
	done(client.DeleteTagAssociation(&tag.DeleteTagAssociationRequest{Resource: &resource}))
	equal("no tag", tagsOfInstance(), map[string]string{})
	equal("associations", len(ok(client.QueryFullList(false, &tag.FullTagListRequest{ResourceIds: []string{id}})).TagAssociationFull), 0)

	done(servers.DeleteInstance(id))
	untilGone(servers, id)
	net.demolish()
}
