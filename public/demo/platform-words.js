/* The texts of the demo platform's page in both languages. */

import { lang } from '/demo/words.js';

const percent = (share) => `${Math.round(share * 100)}%`;
const factor = (m) => `× ${m.toFixed(2)}`;

const enPolicies = {
  false_advertising: 'false advertising',
  not_as_described: 'goods not as described',
  price_fraud: 'price fraud',
  promise_breach: 'a promise not kept',
  prohibited_goods: 'prohibited goods',
};
const zhPolicies = {
  false_advertising: '虚假宣传',
  not_as_described: '货不对板',
  price_fraud: '价格欺诈',
  promise_breach: '未履行承诺',
  prohibited_goods: '违禁商品',
};
const enGroupNames = {
  self: 'identity',
  reach: 'phone or email',
  money: 'payout account',
  kit: 'device',
  place: 'address',
  shop: 'name',
};
const zhGroupNames = {
  self: '身份信息',
  reach: '电话或邮箱',
  money: '收款账户',
  kit: '设备',
  place: '地址',
  shop: '店铺名称',
};

const party = (data) => data.party?.id ?? '';
const enPolicy = (data) => enPolicies[data.policy] ?? data.policy;
const enGroups = ({ groups = [] }) => groups.map((group) => enGroupNames[group] ?? group).join(' and ');
const zhGroups = ({ groups = [] }) => groups.map((group) => zhGroupNames[group] ?? group).join('、');
const zhPolicy = (data) => zhPolicies[data.policy] ?? data.policy;

const en = {
  title: 'Live Jury · the demo’s platform',
  side: 'the platform’s side',
  language: 'Language',
  made_up: 'The shop’s orders are made up. What follows from each verdict is worked out by this server.',
  shop: 'The shop in the room',
  points: 'Points',
  tier: 'Tier',
  exposure: 'Exposure',
  explained: 'Points come from upheld cases. The exposure is the factor by which a recommender shows the shop.',
  heard: 'What the platform was told, newest first',
  nothing: 'Nothing yet. The first case is being judged.',
  signed: 'Each line is a webhook whose signature was checked.',
  factor,
  tiers: {
    clear: 'clear',
    notice: 'notice',
    warned: 'warned',
    limited: 'limited',
    suspended: 'suspended',
    ban_proposed: 'ban proposed',
  },
  messages: {
    'case.drafted': () => 'A case is being prepared.',
    'case.opened': () => 'A case is open.',
    'case.held': () => 'A case waits: its store lost the tally.',
    'case.recorded': ({ outcome, option, share, ballots }) => (outcome === 'decided'
      ? `The jury decided: ${option}, ${percent(share ?? 0)} of ${ballots} ballots.`
      : `The case ended without a decision (${outcome}).`),
    'ruling.made': (data) => `${party(data)}: ${{
      violation: 'the complaint was right',
      proposed: 'the vote was close, so a moderator decides',
      minority: 'the share is too small for a violation',
      not_upheld: 'the complaint was not upheld',
    }[data.result] ?? data.result}.`,
    'violation.proposed': (data) => `${party(data)}: ${data.points} points proposed for ${enPolicy(data)}.`,
    'violation.active': (data) => `${party(data)}: ${data.points} points for ${enPolicy(data)}.`,
    'violation.void': (data) => `${party(data)}: the violation for ${enPolicy(data)} is void.`,
    'measure.taken': (data) => `${party(data)}: a measure began (${data.kind}).`,
    'measure.lifted': (data) => `${party(data)}: a measure ended (${data.kind}).`,
    'standing.changed': (data) =>
      `${party(data)} now has ${data.points} points, tier ${en.tiers[data.tier] ?? data.tier}.`,
    'appeal.filed': (data) => `${party(data)} appealed.`,
    'appeal.decided': (data) => `${party(data)}: the appeal is decided (${data.outcome}).`,
    'application.decided': (data) => `${party(data)} applied: ${{
      pass: 'it may sell',
      hold: `held, a person looks. Same ${enGroups(data)} as a shop that was closed`,
      probation: 'it may sell on probation',
      refuse: `refused. Same ${enGroups(data)} as a shop that was closed`,
    }[data.outcome] ?? data.outcome}.`,
    'claim.opened': (data) => `A buyer claims what ${party(data)} promised.`,
    'claim.granted': (data) => `The claim on ${party(data)}’s promise is granted.`,
    'claim.refused': (data) => `${party(data)} refused the claim.`,
    'claim.escalated': () => 'The buyer takes the claim to the room.',
    'claim.breached': (data) => `${party(data)} did not give what was promised in time. The platform pays.`,
    'claim.closed': (data) => `The claim has ended: ${{
      denied: 'it was denied',
      closed: 'the buyer let it be',
      fulfilled: `${party(data)} gave what was promised`,
      fulfilled_by_platform: 'the platform gave what was promised',
      withdrawn: 'the buyer took it back',
    }[data.state] ?? data.state}.`,
    'remedy.late': (data) => `${party(data)} has not done in time what the jury ordered.`,
    'edition.published': () => 'An edition of the public report is out.',
    'listing.decided': (data) => `${party(data)} offered ${data.listing}: ${{
      hold: 'held before anybody sees it',
      block: 'blocked before anybody sees it',
      release: 'released',
      remove: 'removed',
    }[data.outcome] ?? data.outcome}. ${data.hits.join('; ')}`,
    'exposure.changed': (data) => `${party(data)} is shown ${factor(data.m)}, before ${factor(data.before)}.`,
  },
};

const zh = {
  title: 'Live Jury · 演示平台',
  side: '平台一侧',
  language: '语言',
  made_up: '店铺的订单是虚构的，每个裁决的后果由本服务器实际算出。',
  shop: '直播间的店铺',
  points: '记分',
  tier: '级别',
  exposure: '曝光系数',
  explained: '成立的案件产生记分。推荐系统按曝光系数展示店铺。',
  heard: '平台收到的通知（最新在前）',
  nothing: '暂无通知，第一个案件正在评审。',
  signed: '每一行都是一条签名已验证的 webhook。',
  factor,
  tiers: { clear: '正常', notice: '提醒', warned: '警告', limited: '受限', suspended: '暂停', ban_proposed: '建议封禁' },
  messages: {
    'case.drafted': () => '有案件正在准备。',
    'case.opened': () => '有案件开审。',
    'case.held': () => '案件暂缓：计票存储丢失。',
    'case.recorded': ({ outcome, option, share, ballots }) => (outcome === 'decided'
      ? `评审团裁定：${option}，${ballots} 票中占 ${percent(share ?? 0)}。`
      : `案件结束，未作裁定（${outcome}）。`),
    'ruling.made': (data) => `${party(data)}：${{
      violation: '投诉成立',
      proposed: '比例接近，由管理员决定',
      minority: '比例过低，不构成违规',
      not_upheld: '投诉不成立',
    }[data.result] ?? data.result}。`,
    'violation.proposed': (data) => `${party(data)}：拟因“${zhPolicy(data)}”记 ${data.points} 分。`,
    'violation.active': (data) => `${party(data)}：因“${zhPolicy(data)}”记 ${data.points} 分。`,
    'violation.void': (data) => `${party(data)}：“${zhPolicy(data)}”的违规记录作废。`,
    'measure.taken': (data) => `${party(data)}：措施生效（${data.kind}）。`,
    'measure.lifted': (data) => `${party(data)}：措施解除（${data.kind}）。`,
    'standing.changed': (data) => `${party(data)} 现记 ${data.points} 分，级别：${zh.tiers[data.tier] ?? data.tier}。`,
    'appeal.filed': (data) => `${party(data)} 提出申诉。`,
    'appeal.decided': (data) => `${party(data)}：申诉已有结果（${data.outcome}）。`,
    'application.decided': (data) => `${party(data)} 申请入驻：${{
      pass: '可以经营',
      hold: `待人工审核，${zhGroups(data)}与已关闭的店铺相同`,
      probation: '可在观察期内经营',
      refuse: `拒绝，${zhGroups(data)}与已关闭的店铺相同`,
    }[data.outcome] ?? data.outcome}。`,
    'claim.opened': (data) => `买家就 ${party(data)} 的承诺提出理赔。`,
    'claim.granted': (data) => `对 ${party(data)} 承诺的理赔成立。`,
    'claim.refused': (data) => `${party(data)} 拒绝了理赔。`,
    'claim.escalated': () => '买家将理赔提交直播间评审。',
    'claim.breached': (data) => `${party(data)} 逾期未履行承诺，由平台赔付。`,
    'claim.closed': (data) => `理赔已结束：${{
      denied: '不成立',
      closed: '买家未再坚持',
      fulfilled: `${party(data)} 已履行承诺`,
      fulfilled_by_platform: '平台已代为履行',
      withdrawn: '买家已撤回',
    }[data.state] ?? data.state}。`,
    'remedy.late': (data) => `${party(data)} 逾期未完成评审团要求的补救。`,
    'edition.published': () => '公开报告已发布新一期。',
    'listing.decided': (data) => `${party(data)} 上架 ${data.listing}：${{
      hold: '上架前已拦截，待人工审核',
      block: '上架前已禁止',
      release: '放行',
      remove: '下架',
    }[data.outcome] ?? data.outcome}。${data.hits.join('；')}`,
    'exposure.changed': (data) => `${party(data)} 的曝光系数为 ${factor(data.m)}，此前 ${factor(data.before)}。`,
  },
};

/** The texts of the page. */
export const platform = lang === 'zh-CN' ? zh : en;
