
"use strict";
// Sorts the table of points by any column, and shows the rows whose name holds what is typed.
{
  const table = document.querySelector("table.points");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  const byName = new Intl.Collator(undefined, { numeric: true }).compare;

  function value(row, column) {
    const words = row.cells[column].textContent;
    if (column === 0) return words;
    const number = parseFloat(words);
    return Number.isNaN(number) ? -1 : number; // not attempted or unread: before 0
  }

  function sort(column) {
    const before = heads[column].getAttribute("aria-sort");
    const up = before ? before === "descending" : column === 0; // names from A, points from the most
    const keyed = rows.map((row, place) => [value(row, column), place, row]);
    keyed.sort(([a, i], [b, j]) => (column ? a - b : byName(a, b)) * (up ? 1 : -1) || i - j);
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[column].setAttribute("aria-sort", up ? "ascending" : "descending");
    body.append(...keyed.map(([, , row]) => row));
  }

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(column));
    head.append(button);
  });

  const plain = (words) => words.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase();
  const names = rows.map((row) => plain(`${row.cells[0].textContent} ${row.querySelector("a").title}`));
  const search = document.querySelector(".search");
  const told = search.querySelector("output");
  search.hidden = false;
  search.querySelector("input").addEventListener("input", (event) => {
    const wanted = plain(event.target.value.trim());
    let shown = 0;
    rows.forEach((row, place) => {
      row.hidden = !names[place].includes(wanted);
      if (!row.hidden) shown += 1;
    });
    told.textContent = wanted ? `${shown} of ${rows.length}` : "";
  });
}
