// The modules whose charts and CRDs the tests of the add-ons are held against. Nothing is built of them: go.sum has what
// they are themselves, and not what they require.
module kubernetes-mlops.local/upstream

go 1.26.0

require (
	github.com/cert-manager/cert-manager v1.21.1
	github.com/cloudnative-pg/cloudnative-pg v1.30.0
	github.com/envoyproxy/gateway v1.9.0
	github.com/grafana/alloy v1.18.1
	github.com/kedacore/keda/v2 v2.20.2
	github.com/kserve/kserve v0.20.0
	github.com/kubeflow/katib v0.19.0
	github.com/kubeflow/trainer/v2 v2.3.0
	github.com/kyverno/kyverno v1.19.0
	github.com/prometheus-operator/prometheus-operator v0.93.1
	sigs.k8s.io/dra-driver-nvidia-gpu v0.4.1
	sigs.k8s.io/gateway-api v1.6.1
	sigs.k8s.io/gateway-api-inference-extension v1.6.0
	sigs.k8s.io/jobset v0.12.0
	sigs.k8s.io/kueue v0.19.2
	sigs.k8s.io/metrics-server v0.9.0
	sigs.k8s.io/node-feature-discovery v0.19.0
	volcano.sh/volcano v1.15.1
)
