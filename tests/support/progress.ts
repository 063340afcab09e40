import type { Report } from "../../local/progress";

/** Prints progress; of successive lines that differ only in their numbers, only the first. */
export function progressOnce(): Report {
    let last = "";
    return (line) => {
        const what = line.replace(/\d+/g, "");
        if (what !== last) {
            console.log(`    ${line}`);
            last = what;
        }
    };
}
