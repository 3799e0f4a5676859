const dark = matchMedia("(prefers-color-scheme: dark)");
const plots = JSON.parse(document.getElementById("plots").textContent);

function config() {
  const style = getComputedStyle(document.documentElement);
  const names = ["--ink", "--line", "--paper"];
  const [ink, line, paper] = names.map((name) => style.getPropertyValue(name));
  return {
    background: "transparent",
    axis: { labelColor: ink, titleColor: ink, gridColor: line, domainColor: line, tickColor: line },
    legend: {
      labelColor: ink,
      titleColor: ink,
      labelLimit: 240,
      orient: "bottom",
      titleOrient: "left",
      direction: "vertical",
      layout: { bottom: { direction: "vertical", anchor: "start" } },
    },
    rule: { color: ink },
    style: { halo: { stroke: paper, strokeWidth: 4, strokeJoin: "round" } },
    text: { color: ink },
    tick: { color: ink },
    title: { color: ink },
    view: { stroke: line },
  };
}

function draw() {
  const options = {
    actions: false,
    ast: true, // what the page's policy lets run: no code made from text
    config: config(),
    tooltip: { theme: dark.matches ? "dark" : "light" },
  };
  plots.forEach((plot, number) => {
    const place = document.getElementById(`plot-${number}`);
    vegaEmbed(place, plot, options).catch((error) => {
      place.textContent = `This plot cannot be drawn: ${error.message}`;
    });
  });
}

dark.addEventListener("change", draw);
draw();
