import { Namespace, PersistentVolumeClaim } from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";
import * as mlops from "kubernetes-mlops";

// Each setting has a default for the cluster on this machine: `pulumi config set registry registry.example.com/team`.
const config = new pulumi.Config();
const registry = config.get("registry") ?? "localhost:5001"; // must be one that the cluster can pull from
const storageClass = config.get("storageClass"); // without one: the cluster's default class

const team = new Namespace("notebook", {
    metadata: { name: "notebook", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
});
const namespace = team.metadata.name;

// JupyterLab and what the team works with: the image that trainings may run as well.
const image = new mlops.Image("notebook", {
    repository: `${registry}/notebook`,
    context: `${__dirname}/image`, // a requirements.txt that names JupyterLab
    python: { base: config.get("baseImage") }, // without one: the official Python image
    network: config.get("buildNetwork"), // "host" where a build reaches the package index only that way
});

// What all notebooks of the team see. On several nodes it needs storage such as NFS.
const shared = new PersistentVolumeClaim("notebook-team", {
    metadata: { name: "team", namespace },
    spec: {
        accessModes: ["ReadWriteMany"],
        storageClassName: storageClass,
        resources: { requests: { storage: "1Gi" } },
    },
});

const notebook = new mlops.Notebook("notebook", {
    workspace: { namespace },
    image: image.ref,
    resources: { cpu: "50m", memory: "512Mi" },
    // gpu: { count: 1 }, // is free again as soon as the notebook is stopped
    home: { size: "1Gi", storageClass }, // stays when the notebook is stopped, and when it is removed
    mounts: [{ claim: shared.metadata.name, mountPath: "/home/notebook/team" }],
    idleTimeout: config.get("idleTimeout") ?? "1h",
});

export const url = notebook.url; // inside the cluster
export const token = notebook.token; // pulumi stack output token --show-secrets
export const statefulSet = notebook.statefulSetName;
export const home = notebook.homeClaim;
