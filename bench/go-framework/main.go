// Command go-framework is Kubernetes' own cloud controller manager framework (k8s.io/cloud-provider) with a cloud in
// memory: the mark that `npm run bench -- scale` measures our framework against. It takes the framework's own flags.
package main

import (
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/util/wait"
	cloudprovider "k8s.io/cloud-provider"
	"k8s.io/cloud-provider/app"
	"k8s.io/cloud-provider/app/config"
	"k8s.io/cloud-provider/names"
	"k8s.io/cloud-provider/options"
	"k8s.io/component-base/cli"
	cliflag "k8s.io/component-base/cli/flag"
)

func main() {
	opts, err := options.NewCloudControllerManagerOptions()
	if err != nil {
		fmt.Fprintln(os.Stderr, "go-framework:", err)
		os.Exit(1)
	}
	cloud := newMemoryCloud()
	initializer := func(*config.CompletedConfig) cloudprovider.Interface { return cloud }
	command := app.NewCloudControllerManagerCommand(
		opts, initializer, app.DefaultInitFuncConstructors, names.CCMControllerAliases(), cliflag.NamedFlagSets{}, wait.NeverStop)
	go cloud.reportOnSignal()
	os.Exit(cli.Run(command))
}
