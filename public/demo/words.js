/* The demo room's texts in both languages; the widget has its own. */

const en = {
  title: 'Live Jury · demo room',
  demo: 'demo room',
  beside: 'Open beside it',
  open: 'Open',
  console: 'Moderator’s console',
  host: 'Host’s view',
  overlay: 'Stream overlay',
  gallery: 'Gallery of states',
  language: 'Language',
  stage: 'The live picture (drawn, not filmed)',
  live: 'LIVE',
  host_name: 'Mei’s Silk Studio',
  room: 'acted room, real votes',
  product: 'Jade silk scarf, 90 × 90 cm',
  price: '$28.00',
  was: '$49.00',
  claim: '“100% pure mulberry silk”',
  simulated: 'Simulated viewers are voting here.',
  yours: 'Your own vote is real, and counts once.',
  chat: 'Chat',
  chat_simulated: 'simulated people',
  case_opened: 'A case is open. The jury is you.',
  verdict: 'The jury has decided.',
  chatter: [
    ['Ana', 'that green'],
    ['jun_88', 'does it crease in a suitcase?'],
    ['Tomás', 'first time here, hi from Porto'],
    ['silkroad_li', 'mine arrived yesterday, lovely colour'],
    ['Priya', 'the label on mine says 70% silk though'],
    ['Ana', 'wait, really?'],
    ['old_wang', 'pure means pure'],
    ['Noor', 'maybe they sent the wrong batch'],
    ['jun_88', 'read both sides before you vote'],
    ['Mika', 'can you show the hem up close?'],
    ['Tomás', 'how big is it on the shoulders?'],
    ['Priya', 'I sent the photo of the label as evidence'],
    ['Lena', 'the jury thing is neat, no count until I voted'],
    ['silkroad_li', 'voted'],
    ['Noor', 'still reading the merchant’s answer'],
    ['Mika', 'is there a red one?'],
    ['old_wang', 'I could not tell, so I said so'],
    ['Lena', 'fair host, she left the case on screen'],
  ],
};

const zh = {
  title: 'Live Jury · 演示直播间',
  demo: '演示直播间',
  beside: '在旁边打开',
  open: '打开',
  console: '控制台',
  host: '主播视图',
  overlay: '直播叠加层',
  gallery: '组件状态一览',
  language: '语言',
  stage: '直播画面（绘制，非实拍）',
  live: '直播中',
  host_name: '小梅丝绸坊',
  room: '直播间是演的，投票是真的',
  product: '翡翠色真丝方巾 90 × 90 厘米',
  price: '¥199',
  was: '¥349',
  claim: '“100% 桑蚕丝”',
  simulated: '这里有模拟观众在投票。',
  yours: '你自己的一票是真的，只计一次。',
  chat: '聊天',
  chat_simulated: '模拟用户',
  case_opened: '有新案件开审，评审团就是你们。',
  verdict: '评审团已有结论。',
  chatter: [
    ['安娜', '这个绿色太好看了'],
    ['小军88', '放行李箱里会皱吗？'],
    ['托马斯', '第一次来，大家好'],
    ['丝路李姐', '我的昨天到了，颜色很正'],
    ['普莉娅', '可我收到的标签写的是 70% 桑蚕丝'],
    ['安娜', '啊？真的吗'],
    ['老王', '说纯就得是纯的'],
    ['诺儿', '会不会是发错批次了'],
    ['小军88', '先看完双方说法再投票'],
    ['美佳', '能近一点看看卷边吗？'],
    ['托马斯', '披肩上有多大？'],
    ['普莉娅', '标签照片我已经作为证据提交了'],
    ['莉娜', '没投票之前看不到票数，这点好'],
    ['丝路李姐', '投好了'],
    ['诺儿', '还在看商家的回复'],
    ['美佳', '有红色的吗？'],
    ['老王', '我看不出来，就选了看不出来'],
    ['莉娜', '主播挺公道的，案件一直挂着'],
  ],
};

const asked = new URLSearchParams(location.search).get('lang') ?? navigator.language;

/** The language's tag, in the widget's form. */
export const lang = /^zh\b/i.test(asked) ? 'zh-CN' : 'en';

/** The room of that language. */
export const room = lang === 'zh-CN' ? 'demo-zh' : 'demo';

/** The texts, by name. */
export const words = lang === 'zh-CN' ? zh : en;
