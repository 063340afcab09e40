import type { Report } from "../../local/progress";

/** Tells what is being done, of lines that count one of each kind. */
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
