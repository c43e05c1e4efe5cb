// Times are told as the reader's clock does; what a time is in UTC stands in its title.
"use strict";

const asHere = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

function tellTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) time.textContent = asHere.format(new Date(time.dateTime));
  for (const zone of root.querySelectorAll("[data-zone]")) zone.textContent = asHere.resolvedOptions().timeZone;
}

tellTimes(document);
