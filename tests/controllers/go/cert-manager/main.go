// cert-manager's controller, webhook and CA injector in one binary, which runs as what it is called by.
//
// The commands that cert-manager publishes are Go modules of their own that a proxy need not have; what they run is in
// cert-manager's main module. That keeps some of it from strangers with `internal` directories, which this module may
// import because its path is below cert-manager's. Of the issuers there are those that need nothing outside the
// cluster: self-signed and CA.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	logsapi "k8s.io/component-base/logs/api/v1"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	corev1 "k8s.io/api/core/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"

	"github.com/cert-manager/cert-manager/internal/webhook"
	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/cert-manager/cert-manager/pkg/controller"
	"github.com/cert-manager/cert-manager/pkg/controller/cainjector"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/approver"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/ca"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/selfsigned"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/issuing"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/keymanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/readiness"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/requestmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/revisionmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/trigger"
	_ "github.com/cert-manager/cert-manager/pkg/controller/clusterissuers"
	_ "github.com/cert-manager/cert-manager/pkg/controller/issuers"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/ca"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/selfsigned"
	"github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/cert-manager/cert-manager/pkg/util"
	"github.com/cert-manager/cert-manager/pkg/webhook/options"
)

// Flags that the chart sets and that are of no use here are left unread.
func parse(flags *pflag.FlagSet) error {
	flags.ParseErrorsAllowlist.UnknownFlags = true
	return flags.Parse(os.Args[1:])
}

func main() {
	commands := map[string]func(context.Context) error{
		"controller": runController,
		"webhook":    runWebhook,
		"cainjector": runInjector,
	}
	logs.InitLogs()
	ctrl.SetLogger(klog.Background())
	run, known := commands[filepath.Base(os.Args[0])]
	if !known {
		fmt.Fprintf(os.Stderr, "%q is no command; it must be called controller, webhook or cainjector\n", os.Args[0])
		os.Exit(2)
	}
	if err := run(logs.NewContext(ctrl.SetupSignalHandler(), klog.Background())); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func runWebhook(ctx context.Context) error {
	configuration, err := options.NewWebhookConfiguration()
	if err != nil {
		return err
	}
	flags := pflag.NewFlagSet("webhook", pflag.ContinueOnError)
	options.AddConfigFlags(flags, configuration)
	if err := parse(flags); err != nil {
		return err
	}
	if err := logs.ValidateAndApply(&configuration.Logging); err != nil {
		return err
	}
	server, err := webhook.NewCertManagerWebhookServer(klog.Background(), *configuration)
	if err != nil {
		return err
	}
	return server.Run(ctx)
}

// common are the flags that the controller and the injector share.
func common(name string) (flags *pflag.FlagSet, namespace *string, logging *logsapi.LoggingConfiguration) {
	flags = pflag.NewFlagSet(name, pflag.ContinueOnError)
	namespace = flags.String("leader-election-namespace", "kube-system", "namespace of the leader's lease")
	logging = logsapi.NewLoggingConfiguration()
	logs.AddFlags(logging, flags)
	return flags, namespace, logging
}

func newManager(component string, settings manager.Options, lease, namespace string) (manager.Manager, error) {
	settings.LeaderElection = true
	settings.LeaderElectionID = lease
	settings.LeaderElectionNamespace = namespace
	settings.LeaderElectionReleaseOnCancel = true
	settings.Metrics = metricsserver.Options{BindAddress: "0.0.0.0:9402"}
	// What it writes is owned in the name of the component.
	return ctrl.NewManager(util.RestConfigWithUserAgent(ctrl.GetConfigOrDie(), component), settings)
}

func runController(ctx context.Context) error {
	flags, namespace, logging := common("controller")
	resources := flags.String("cluster-resource-namespace", "kube-system", "namespace of what cluster issuers need")
	ownerRef := flags.Bool("enable-certificate-owner-ref", false, "delete a Secret with its Certificate")
	if err := errors.Join(parse(flags), logs.ValidateAndApply(logging)); err != nil {
		return err
	}
	mgr, err := newManager("controller", manager.Options{
		HealthProbeBindAddress: ":9403",
		LivenessEndpointName:   "/livez",
	}, "cert-manager-controller", *namespace)
	if err != nil {
		return err
	}
	contextOptions := controller.ContextOptions{
		KubernetesAPIQPS:   20,
		KubernetesAPIBurst: 50,
		IssuerOptions:      controller.IssuerOptions{ClusterResourceNamespace: *resources},
		CertificateOptions: controller.CertificateOptions{EnableOwnerRef: *ownerRef},
	}
	run := func(ctx context.Context) error { return runControllers(ctx, contextOptions) }
	if err := errors.Join(mgr.AddHealthzCheck("ping", healthz.Ping), mgr.Add(manager.RunnableFunc(run))); err != nil {
		return err
	}
	return mgr.Start(ctx)
}

// runControllers runs all that are linked in until one fails or the context ends.
func runControllers(ctx context.Context, contextOptions controller.ContextOptions) error {
	factory, err := controller.NewContextFactory(ctx, contextOptions)
	if err != nil {
		return err
	}
	shared, err := factory.Build()
	if err != nil {
		return err
	}
	controllers := map[string]controller.Interface{}
	for name, construct := range controller.Known() {
		if controllers[name], err = construct(factory); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	shared.SharedInformerFactory.Start(ctx.Done())
	shared.KubeSharedInformerFactory.Start(ctx.Done())
	shared.HTTP01ResourceMetadataInformersFactory.Start(ctx.Done())
	ended := make(chan error, len(controllers))
	for name, one := range controllers {
		go func() {
			if err := one.Run(5, ctx); err != nil {
				ended <- fmt.Errorf("%s: %w", name, err)
			}
		}()
	}
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return nil
	}
}

func runInjector(ctx context.Context) error {
	flags, namespace, logging := common("cainjector")
	if err := errors.Join(parse(flags), logs.ValidateAndApply(logging)); err != nil {
		return err
	}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		clientgoscheme.AddToScheme, cmapi.AddToScheme, apiextensions.AddToScheme, apiregistration.AddToScheme,
	} {
		utilruntime.Must(add(scheme))
	}
	mgr, err := newManager("cainjector", manager.Options{
		Scheme: scheme,
		// Only the names of Secrets are watched, and they are read when they are needed.
		Client: client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}}}},
	}, "cert-manager-cainjector-leader-election", *namespace)
	if err != nil {
		return err
	}
	setup := cainjector.SetupOptions{
		EnableCertificatesDataSource: true,
		EnabledReconcilersFor: map[string]bool{
			"mutatingwebhookconfiguration":   true,
			"validatingwebhookconfiguration": true,
			"apiservice":                     true,
			"customresourcedefinition":       true,
		},
	}
	if err := cainjector.RegisterAllInjectors(ctx, mgr, setup); err != nil {
		return err
	}
	return mgr.Start(ctx)
}
