// One binary with every Kubernetes component of a one-machine cluster, its etcd, kubeadm (which makes the
// certificates and kubeconfigs) and kubectl.
//
// The first argument names the component. One binary instead of eight shares the packages they have in common: it
// links once, in a fraction of the time and the space.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	kubeproxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubeadm "k8s.io/kubernetes/cmd/kubeadm/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

// A server's command is made only when it is asked for: making one registers flags and metrics of its own.
var servers = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": controllermanager.NewControllerManagerCommand,
	"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	"kubelet":                 func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
	"kube-proxy":              kubeproxy.NewProxyCommand,
}

func main() {
	component := ""
	if len(os.Args) > 1 {
		component = os.Args[1]
		os.Args = append([]string{component}, os.Args[2:]...)
	}
	switch component {
	case "etcd":
		etcdmain.Main(os.Args)
	case "kubeadm":
		if err := kubeadm.Run(); err != nil {
			os.Exit(1)
		}
	case "kubectl":
		if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
			kubectlutil.CheckErr(err)
		}
	default:
		server, known := servers[component]
		if !known {
			names := []string{"etcd", "kubeadm", "kubectl"}
			for name := range servers {
				names = append(names, name)
			}
			fmt.Fprintf(os.Stderr, "%q is no component; name one of %s\n", component, strings.Join(names, ", "))
			os.Exit(2)
		}
		os.Exit(cli.Run(server()))
	}
}
