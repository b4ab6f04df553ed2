// SPDX-License-Identifier: Apache-2.0
// What a page can do only in a browser: the reader's own time, copying, and whether the page is live.
"use strict";

(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const chinese = root.lang.startsWith("zh");
  const format = new Intl.DateTimeFormat(chinese ? "zh-Hans" : "en-US", {
    weekday: "short", month: chinese ? "numeric" : "short", day: "numeric",
    hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });

  // The parts are put together here, since browsers join them each in its own way: as the server writes a time.
  function written(at) {
    const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
    const day = chinese ? `${part.month}月${part.day}日 ${part.weekday}` : `${part.weekday} ${part.day} ${part.month}`;
    return `${day} ${part.hour}:${part.minute}`;
  }

  function localTimes() {
    for (const time of document.querySelectorAll("time[datetime]")) {
      const at = new Date(time.dateTime);
      if (!Number.isNaN(at.getTime())) {
        const local = `${written(at)} ${root.dataset.local}`;
        time.title = local;
        time.dataset.local = local;
      }
    }
  }

  // The first line says when in UTC; the same moment in the reader's time stands below it.
  function ownTime() {
    const line = document.querySelector(".own-time");
    const time = document.querySelector("h1 time[data-local]");
    if (line) line.textContent = time ? time.dataset.local : "";
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("button.copy");
    if (!button) return;
    const word = button.textContent;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = root.dataset.copied;
    } catch {
      const whole = button.parentElement.querySelector("code");
      if (whole) getSelection().selectAllChildren(whole);
      return;
    }
    setTimeout(() => { button.textContent = word; }, 1500);
  });

  function state(name) {
    const live = document.getElementById("live");
    if (live) live.dataset.state = name;
  }

  document.addEventListener("htmx:sse:after:connection", () => state("on"));
  document.addEventListener("htmx:sse:error", () => state("off"));
  document.addEventListener("htmx:sse:close", () => state("off"));
  function fill() {
    localTimes();
    ownTime();
  }

  document.addEventListener("htmx:after:swap", fill);
  fill();
})();
