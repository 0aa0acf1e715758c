// Given the element of a panel: a list of sentences, one for each fault of its layout.
(panel) => {
  const faults = [];
  const smallest = 11;
  const bounds = panel.getBoundingClientRect();

  for (const element of panel.querySelectorAll("*")) {
    if (element.parentElement.closest("svg")) continue; // a picture cuts off what leaves it
    const box = element.getBoundingClientRect();
    if (box.width && (box.right > bounds.right + 1 || box.left < bounds.left - 1)) {
      faults.push(`<${element.tagName} class="${element.className.baseVal ?? element.className}">`
        + ` reaches from ${box.left} to ${box.right} px, the panel from ${bounds.left} to`
        + ` ${bounds.right}`);
    }
  }
  if (panel.scrollWidth > panel.clientWidth + 1) {
    faults.push(`the panel is ${panel.scrollWidth} px wide inside, ${panel.clientWidth} px outside`);
  }

  for (const label of panel.querySelectorAll(".widget-label")) {
    if (label.scrollWidth > label.clientWidth + 1) {
      faults.push(`the name "${label.textContent}" is cut short`);
    }
  }

  for (const place of [".adlab-words", ".adlab-note"]) {
    const box = panel.querySelector(`${place} .widget-html-content > div`);
    if (!box) faults.push(`there is no ${place}`);
    else if (box.scrollHeight > box.clientHeight + 1) {
      faults.push(`${place} needs ${box.scrollHeight} px, its room is ${box.clientHeight} px`);
    }
  }

  const svgs = panel.querySelectorAll(".adlab-picture svg[role=img]");
  if (svgs.length !== 1) faults.push(`there are ${svgs.length} pictures`);
  for (const svg of svgs) {
    const card = svg.getBoundingClientRect();
    if (card.width < 50 || card.height < 20) faults.push(`the picture is ${card.width} px wide`);
    const scale = card.width / svg.viewBox.baseVal.width;
    const labels = [];
    for (const text of svg.querySelectorAll("text")) {
      const words = text.textContent;
      if (!words.trim()) continue;
      const sizes = [text, ...text.querySelectorAll("tspan")].map(
        (part) => parseFloat(getComputedStyle(part).fontSize) * scale);
      const size = Math.min(...sizes);
      if (size < smallest - 0.05) faults.push(`"${words}" is ${size.toFixed(1)} px high`);
      const box = text.getBoundingClientRect();
      if (box.left < card.left || box.right > card.right
          || box.top < card.top - 2 || box.bottom > card.bottom + 2) {
        faults.push(`"${words}" is cut off by the edge of the picture`);
      }
      // A text box is as high as the tallest letters of the font; the ink is about 70 % of it.
      const slack = 0.15 * box.height;
      labels.push({ words, left: box.left, right: box.right,
        top: box.top + slack, bottom: box.bottom - slack });
    }
    labels.forEach((a, k) => labels.slice(k + 1).forEach((b) => {
      if (a.left < b.right - 1 && b.left < a.right - 1
          && a.top < b.bottom - 1 && b.top < a.bottom - 1) {
        faults.push(`"${a.words}" and "${b.words}" overlap`);
      }
    }));
  }

  for (const control of panel.querySelectorAll("[role=slider], select, input, textarea")) {
    const label = [...(control.labels ?? [])].map((each) => each.textContent).join("");
    if (!control.getAttribute("aria-label") && !label.trim()) {
      faults.push(`a ${control.getAttribute("role") ?? control.tagName} has no name`);
    }
  }
  return faults;
}
