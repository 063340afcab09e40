import { CustomResource } from "@pulumi/kubernetes/apiextensions";
import * as pulumi from "@pulumi/pulumi";
import * as mlops from "kubernetes-mlops";

const config = new pulumi.Config();

// A chart that is no add-on of the Platform: Gatekeeper, for rules of your own about what is created in the cluster.
const gatekeeper = new mlops.Addon("gatekeeper", {
    charts: [
        {
            chart: "gatekeeper",
            repository: "https://open-policy-agent.github.io/gatekeeper/charts",
            version: "3.23.1",
            values: { replicas: 1 }, // as one would write them for Helm
        },
    ],
    namespace: "gatekeeper-system",
    caInjector: mlops.CaInjector.Controller, // its controller writes them into its webhooks: wait for that
    mirror: config.getObject<mlops.MirrorArgs>("mirror"), // without one: charts and images from the internet
});

// A rule, in Rego, of which Gatekeeper makes a kind of its own: wait until it has.
const kind = "RequiredLabels";
const rule = new CustomResource(
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
new CustomResource(
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
