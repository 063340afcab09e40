/** The same charts without the Platform, each after the one before it. */
import { readFileSync } from "node:fs";

import { Namespace } from "@pulumi/kubernetes/core/v1";
import { Chart } from "@pulumi/kubernetes/helm/v4";
import { ConfigFile } from "@pulumi/kubernetes/yaml/v2";
import * as pulumi from "@pulumi/pulumi";

interface Installed {
    chart: string;
    release: string;
    namespace: string;
    manifest: boolean;
}

const installed = JSON.parse(readFileSync(new pulumi.Config().require("installed"), "utf8")) as Installed[];
const all = new pulumi.ComponentResource("bench:index:Charts", "charts");

const namespaces = new Map(
    [...new Set(installed.map(({ namespace }) => namespace))]
        .filter((name) => !["default", "kube-system"].includes(name))
        .map((name) => [name, new Namespace(name, { metadata: { name } }, { parent: all })]),
);
let before: pulumi.Resource[] = [...namespaces.values()];
for (const { chart, release, namespace, manifest } of installed) {
    const options = { parent: all, dependsOn: before };
    before = [
        manifest
            ? new ConfigFile(release, { file: chart }, options)
            : new Chart(release, { name: release, chart, namespace }, options),
    ];
}
