// Drawings of persons, for pictures that people look at.

const skins = ['#f1c9a5', '#8d5a3b', '#e0ac7e', '#c68642', '#ffdbac', '#5c3a21', '#d8a47f'];
const hairs = ['#2b1d14', '#5b3a1e', '#c9a14a', '#1b1b1b', '#7a4a2b', '#b55239', '#8a8a8a', '#d9d4cc'];
const shirts = ['#35618e', '#7d3c5d', '#2f6b4f', '#a15c2f', '#4b4a78', '#8a2f3c', '#2c6f7d', '#555b66'];
const grounds = ['#dfe8f1', '#f1e4da', '#e1efe6', '#efe9d8', '#e5e3f1', '#f2dede', '#dceef0', '#e6e6e6'];

const drawing = (number) => {
    const of = (list, step) => list[(number * step + Math.floor(number / 7)) % list.length];
    const hair = of(hairs, 3);
    const isLong = number % 2 === 1;
    const ends = isLong ? 420 : 340;
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 800">
<rect width="640" height="800" fill="${of(grounds, 1)}"/>
${isLong ? `<path d="M176 330 L166 540 Q320 580 474 540 L464 330Z" fill="${hair}"/>` : ''}
<path d="M80 800 C80 620 200 575 320 575 S560 620 560 800Z" fill="${of(shirts, 5)}"/>
<path d="M268 470h104v115q-52 55-104 0z" fill="${of(skins, 2)}"/><path d="M268 478q52 60 104 0v30q-52 60-104 0z" fill="#0002"/>
<ellipse cx="320" cy="355" rx="118" ry="150" fill="${of(skins, 2)}"/>
<path d="M196 ${ends} C150 120 490 120 444 ${ends} C440 300 410 262 330 258 C240 262 204 300 196 ${ends}Z"
 fill="${hair}"/>
<g fill="#2a2320"><circle cx="278" cy="360" r="10"/><circle cx="362" cy="360" r="10"/></g>
<g fill="none" stroke-linecap="round"><path d="M278 436q42 34 84 0" stroke="#8f4338" stroke-width="9"/>
<path d="M258 330q20-14 40-2M342 328q20-12 40 2" stroke="${hair}" stroke-width="8"/></g></svg>`;
};

/** JPEGs of so many persons. */
export async function drawFaces(browser, count) {
    const context = await browser.newContext({ viewport: { width: 640, height: 800 } });
    const page = await context.newPage();
    const faces = [];
    for (let number = 0; number < count; ++number) {
        await page.setContent(`<body style="margin:0">${drawing(number)}`);
        faces.push(await page.screenshot({ type: 'jpeg', quality: 85 }));
    }
    await context.close();
    return faces;
}
