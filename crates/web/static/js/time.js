// Points in time in words, and tables that can be sorted by them.

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const month = 30.44 * day;
const year = 365.25 * day;

/** The length of a span in words: "a few seconds", "an hour", "7 days". */
function inWords(seconds) {
  const count = (unit) => Math.round(seconds / unit);
  if (seconds < 45) return "a few seconds";
  if (seconds < 90) return "a minute";
  if (seconds < 45 * minute) return `${count(minute)} minutes`;
  if (seconds < 90 * minute) return "an hour";
  if (seconds < 22 * hour) return `${count(hour)} hours`;
  if (seconds < 36 * hour) return "a day";
  if (seconds < 26 * day) return `${count(day)} days`;
  if (seconds < 45 * day) return "a month";
  if (seconds < 320 * day) return `${count(month)} months`;
  if (seconds < 548 * day) return "a year";
  return `${count(year)} years`;
}

/** "5 minutes ago", "in a day". */
export function relative(date, now = Date.now()) {
  const seconds = (date.getTime() - now) / 1000;
  return seconds > 0 ? `in ${inWords(seconds)}` : `${inWords(-seconds)} ago`;
}

/** A `<time>` element that says how long ago a time was and, on hovering, when exactly. */
export function timeElement(date) {
  const element = document.createElement("time");
  element.dateTime = date.toISOString();
  element.title = date.toLocaleString();
  element.textContent = relative(date);
  return element;
}

/** Turns the ISO time stamps of `.time-col` cells into words, and keeps them up to date. */
export function showTimes(root = document) {
  for (const cell of root.querySelectorAll(".time-col")) {
    const text = cell.textContent.trim();
    const date = new Date(text);
    if (/^\d{4}-/.test(text) && !Number.isNaN(date.getTime())) cell.replaceChildren(timeElement(date));
  }
  setInterval(() => {
    for (const element of document.querySelectorAll("time[datetime]")) {
      const words = relative(new Date(element.dateTime));
      if (element.textContent !== words) element.textContent = words;
    }
  }, 30_000);
}

function sortKey(row, column, kind) {
  const cell = row.cells[column];
  if (kind !== "time") return cell.textContent.trim().toLocaleLowerCase();
  const time = cell.querySelector("time");
  return time ? Date.parse(time.dateTime) : -Infinity;
}

function sortRows(table, column, kind, ascending) {
  const body = table.tBodies[0];
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  const rows = [...body.rows].filter((row) => !row.classList.contains("add-server-row"));
  rows.sort((a, b) => compare(sortKey(a, column, kind), sortKey(b, column, kind)) * (ascending ? 1 : -1));
  body.append(...rows);
}

/** Cells know their heading: on narrow screens, where rows are blocks, it stands before them. */
function labelCells(table) {
  const labels = [...table.tHead.rows[0].cells].map((heading) => heading.textContent.trim());
  for (const cell of table.querySelectorAll("tbody td")) {
    if (cell.colSpan === 1 && labels[cell.cellIndex]) cell.dataset.label = labels[cell.cellIndex];
  }
}

/** Makes the headings of `table[data-sortable]` that say `data-sort="text"` or `"time"` sort their table. */
export function makeSortable(root = document) {
  for (const table of root.querySelectorAll("table[data-sortable]")) {
    labelCells(table);
    const headings = [...table.tHead.rows[0].cells];
    for (const [column, heading] of headings.entries()) {
      const kind = heading.dataset.sort;
      if (!kind) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "pj-sort";
      button.append(...heading.childNodes);
      heading.append(button);
      heading.ariaSort = "none";
      button.addEventListener("click", () => {
        // The latest first, names from a to z.
        const ascending = heading.ariaSort === "none" ? kind === "text" : heading.ariaSort === "descending";
        for (const other of headings) if (other.ariaSort) other.ariaSort = "none";
        heading.ariaSort = ascending ? "ascending" : "descending";
        sortRows(table, column, kind, ascending);
      });
    }
  }
}
