import * as k8s from "@pulumi/kubernetes";
import * as mlops from "kubernetes-mlops";

// A chart that is not an add-on of the Platform: Gatekeeper, which enforces rules of your own for objects.
const gatekeeper = new mlops.Addon("gatekeeper", {
    charts: [
        {
            chart: "gatekeeper",
            repository: "https://open-policy-agent.github.io/gatekeeper/charts",
            version: "3.23.1",
            values: { replicas: 1 }, // as in a values.yaml for Helm
        },
    ],
    namespace: "gatekeeper-system",
    caInjector: mlops.CaInjector.Controller, // its controller writes them into its webhooks: wait for that
});

// A rule in Rego, for which Gatekeeper creates a CRD: wait until it has.
const kind = "RequiredLabels";
const rule = new k8s.apiextensions.CustomResource(
    "required-labels",
    {
        apiVersion: "templates.gatekeeper.sh/v1",
        kind: "ConstraintTemplate",
        metadata: {
            name: kind.toLowerCase(),
            annotations: { "pulumi.com/waitFor": "jsonpath={.status.created}=true" },
        },
        spec: {
            crd: {
                spec: {
                    names: { kind },
                    validation: {
                        openAPIV3Schema: {
                            type: "object",
                            properties: { labels: { type: "array", items: { type: "string" } } },
                        },
                    },
                },
            },
            targets: [
                {
                    target: "admission.k8s.gatekeeper.sh",
                    rego: `
package requiredlabels

violation[{"msg": message}] {
  label := input.parameters.labels[_]
  not input.review.object.metadata.labels[label]
  message := sprintf("%v must have the label %v", [input.review.object.metadata.name, label])
}
`,
                },
            ],
        },
    },
    { dependsOn: gatekeeper },
);

// An object of that kind: the team's Jobs must be in a queue.
new k8s.apiextensions.CustomResource(
    "queued-jobs",
    {
        apiVersion: "constraints.gatekeeper.sh/v1beta1",
        kind,
        metadata: { name: "queued-jobs" },
        spec: {
            match: { kinds: [{ apiGroups: ["batch"], kinds: ["Job"] }], namespaces: ["team"] },
            parameters: { labels: ["kueue.x-k8s.io/queue-name"] },
        },
    },
    { dependsOn: rule },
);

export const namespace = gatekeeper.namespace;
