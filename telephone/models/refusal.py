"""Recognising refusals that are dressed as captions: a model that will not, or cannot, describe the picture.

A refusal opens the text: what comes after a description is part of the caption. Words that captions use as well, such
as "sorry", "picture" or "unable", count only together with what makes a refusal of them.
"""

import re
from functools import cache
from typing import Final

_IMAGE: Final = (
    r"(?:images?|pictures?|photos?|photographs?|pics?|visuals?|screenshots?|attachments?|files?|uploads?|graphics?"
    r"|illustrations?|media)"
)
_THE: Final = r"(?:the|this|that|these|those|your|any|an?|any of the|such|actual|specific|provided|attached|uploaded)"
_AN_IMAGE: Final = rf"(?:{_THE} ){{0,3}}(?:\w+ )?{_IMAGE}\b"
_I: Final = r"(?:i|we)"
_AM: Final = r"(?:i'm|i am|we're|we are)"
_BADLY: Final = (
    r"(?:(?:currently|really|very|so|truly|terribly|deeply|just|simply|still|unfortunately|also|not|only) )*"
)
_CANNOT: Final = (
    r"(?:can't|cannot|can not|won't|will not|don't|do not|couldn't|could not|didn't|did not|'m unable|am unable"
    r"|are unable|'m not able|am not able|are not able|must decline|have to decline|am not permitted|'m not permitted)"
)
_SORRY: Final = (
    rf"(?:(?:{_AM} {_BADLY})?sorry|(?:i|we) apologi[sz]e|my (?:sincere )?apologies|apologies|pardon me|regrettably"
    rf"|unfortunately|{_AM} {_BADLY}afraid|i regret)"
)
_DO: Final = (
    r"(?:help(?! \w+ing\b| but\b)|assist|describe|provide|comply|do (?:that|this|it|so)|fulfill?|discuss"
    r"|continue|generate (?:a|the|any|that)"
    r"|create (?:a|the|any) (?:description|caption)|process|answer|engage|analy[sz]e|access|caption"
    r"|share (?:that|this|any|a)"
    r"|interpret|comment|offer|support|respond|complete (?:this|that|your)|give (?:you )?(?:a|an"
    r"|any) (?:description|caption)"
    r"|talk about|participate|accommodate|proceed|go into|write (?:a|the|any) (?:description|caption)|perform"
    r"|satisfy|produce)"
)
_WHOM: Final = (
    r"(?:people|persons?|individuals?|anyone|anybody|someone|who|real|faces?|him|her|them|it"
    r"|(?:the|this|that|these|any|specific) (?:\w+ )?(?:person|people|man|woman|individuals?|image|picture|photo))"
)
_PERCEIVE: Final = (
    r"(?:see|view|open|look at|perceive|load|display|access|read|inspect|examine|observe|find|watch|evaluate)"
)
_TAIL: Final = (
    r"(?=\s*(?:$|[.;:!?()—–]|-\s|,\s*(?:sorry|please|so|as|because|but|my|i|we|nor|and|or|since|due|try|can|could|it|"
    r"there|unfortunately)\b"
    r"|(?:attached|provided|uploaded|shared|available|you|that|to|here|directly|itself|contents?|in (?:this|our"
    r"|your|the) "
    r"(?:conversation|message|chat|request|format|prompt|input|query)|right now"
    r"|on (?:my|your) (?:end|side)|at (?:this|the moment|all)"
    r"|because|due|as|"
    r"since|but|and|or|so|for|from|with|without|properly|correctly)\b))"
)
_NOT_THERE: Final = (
    r"(?:attached|provided|uploaded|shared|included|given|sent|supplied|available|visible|present|displayed|accessible"
    r"|received|detected|found|loaded|specified|submitted|here|to (?:describe|caption|see|analy[sz]e|view"
    r"|process|work|show"
    r"|provide|look)|for me|in (?:this|our|your|the) (?:conversation|message|chat|request|prompt|input|query)|i can)"
)
_DID_NOT: Final = (
    r"(?:(?:did|do|does|was|is|were|are|has|have|had|can|could)(?:n't| not|not)|cannot|failed to|never"
    r"|not)\s+(?:\w+ ){0,3}?"
    r"(?:upload|attach|load|provide|come|display|visible|includ|shar|render|accessible|available|supported|open"
    r"|process|"
    r"show|sent|send|seen|view|work|appear|present|receiv|successful|here|there|describ|analy[sz]ed)"
)
_ASK: Final = (
    r"(?:upload|attach|share|provide|send|paste|include|supply|insert|submit|re-?upload|resend|give me|show me)"
)
_POLICY: Final = (
    r"(?:polic(?:y|ies)|guidelines?|rules|terms|programming|standards|principles|safety|restrictions?|training)"
)

_LEAD: Final = (
    r"(?:\W*(?:hi|hello|hey|oh|oops|o+ps|hmm+|well|okay|ok|sure|of course|certainly|absolutely|ah|uh-?oh|note"
    r"|warning|error"
    r"|response|answer|description|caption|output|thanks|thank you|i understand|i appreciate|i see|(?:i'd"
    r"|i would|i'm|i am) (?:be )?(?:happy|glad|pleased|delighted|love)"
    r"|i'd love|i would love|happy|great|good question|however|but|while|although|actually|honestly|nope|no)\b"
    r"[^.!?:\n]{0,100}?[,.!:;—–-]+\s*)?(?:(?:but|however|unfortunately|sadly|regrettably|though|yet"
    r"|at the moment|currently),? )*"
    r"(?:(?:(?:it )?(?:seems|looks|appears)(?: like| that| as if| as though)?"
    r"|i (?:can )?(?:see|notice|understand)(?: that)?"
    r"|since|as|because),? )?"
)
_ENGLISH: Final = (
    rf"{_SORRY}\b[^.]{{0,90}}?\b{_I} ?{_CANNOT}\b",
    rf"{_SORRY},? (?:but )?(?:{_BADLY})(?:unable|not able|can't|cannot|couldn't|could not|i'm unable|i am unable)\b",
    rf"{_SORRY},? (?:but )?(?:that|this|it|there)(?:'s| is| are)? (?:not|isn't|no|beyond|against|outside"
    rf"|nothing|violates|goes)\b"
    r"(?! a sign|where)",
    rf"{_SORRY},? (?:but )?(?:there )?(?:is |was |seems to be |appears to be )?no {_IMAGE}\b",
    rf"{_SORRY},? (?:but )?(?:for|about) (?:the|any) (?:confusion|inconvenience|misunderstanding|trouble)"
    r"(?:[.!]*$|[,.!;]? (?:but|i|we|the|please|could|as|this|there)\b)",
    rf"{_SORRY}\b[^.!]{{0,40}}[.!] ?(?:{_AM} afraid )?{_I} ?{_CANNOT}\b",
    rf"{_SORRY},? (?:but )?no[.!]*$",
    rf"{_SORRY}\b[^.]{{0,80}}\bfor me to (?:describe|caption|view|see|share|discuss|identify)\b",
    rf"{_SORRY}\b[^.]{{0,80}}\b{_I} (?:may|must|can|should|will|would) ?(?:not|n't)\b",
    rf"{_SORRY},? (?:but )?(?:the|this|your|that) {_IMAGE} [^.]{{0,40}}?{_DID_NOT}",
    rf"{_SORRY},? (?:but )?(?:please|could you|can you)\b[^.]{{0,40}}{_IMAGE}",
    rf"{_SORRY}[.,!…]*$",
    rf"(?:{_I} (?:can't|cannot|can not|won't|will not|am unable to|could not|couldn't|shouldn't|should not|may not)"
    rf"|{_I}'m unable to|{_I} won't be able to|{_I} will not be able to|{_I}'m not able to) "
    rf"(?:(?:really|actually|directly|currently|physically|in good conscience|visually|be able to|simply|also) )*"
    rf"(?:{_DO}\b|(?:identify|recogni[sz]e|name|determine|confirm|tell|verify) {_WHOM}\b"
    rf"|{_PERCEIVE}(?:,? (?:or|and|nor) \w+)* {_AN_IMAGE}{_TAIL}|make (?:anything|it|that|this) out"
    rf"|make out (?:anything|what)|{_PERCEIVE} (?:it|anything|them|what(?:'s| is|ever) (?:in|shown|on)|the content)\b)",
    rf"{_I} (?:can't|cannot|won't)[.!]*$",
    rf"{_I} (?:must|have to|need to|will|would|'d)?,? ?(?:respectfully |politely )?(?:have to )?(?:decline"
    rf"|refuse|refrain)\b"
    r"(?! the)",
    rf"{_I}(?:'d| would)? (?:rather|prefer) (?:to )?not\b",
    rf"{_AM} {_BADLY}(?:unable to|not (?:able|allowed|permitted|authori[sz]ed|designed|programmed|capable"
    rf"|equipped|in a position)"
    r"|incapable of|not comfortable|uncomfortable|prohibited|restricted|limited to (?:text|processing)|a text|having"
    r" (?:trouble|difficulty|difficulties|issues|problems) (?:\w+ ){0,3}"
    rf"(?:see|view|access|load|open|process|analy|display|read|describ))",
    rf"{_AM} {_BADLY}(?:an? )?(?:ai|text-?based|text-?only|large language|language model|artificial)\b[^.]{{0,100}}"
    r"\b(?:not|can't|cannot|don't|no|unable|only|without)\b",
    rf"{_I} (?:don't|do not|didn't|did not|haven't|have not|never|currently don't|still don't) "
    r"(?:currently |actually |really |yet |seem to |appear to )*(?:feel comfortable|have (?:access"
    r"|the (?:ability|capab|means|"
    r"permission|tools)|any (?:way|means)|visual|vision|eyes|enough (?:information|context))"
    rf"|(?:see|receive|received|have|find|get|got|gotten|detect|notice|been given"
    rf"|been sent) (?:\w+ )?{_AN_IMAGE}(?: yet)?{_TAIL}"
    r"|(?:engage|provide|support|process|assist|describe|generate) (?:with |in )?(?:\w+ )?(?:descriptions?"
    r"|content|images?|"
    r"requests?|explicit|sexual|such|this|that)|know[.!]*$)",
    rf"{_I} (?:lack|have no|am missing) (?:the |any )?(?:ability|capab|access|way|means|vision|visual|image)\b",
    rf"{_I}(?:'d| would|'ll| will)? (?:need|require) (?:to (?:see|view)|you to|the|an|a|more|access)\b[^.]{{0,60}}"
    rf"(?:{_IMAGE}|information|context|details)\b",
    rf"as an? (?:\w+[ -]){{0,3}}(?:ai|artificial|assistant|language model|llm|text-based)\b[^.]{{0,100}}?"
    rf"(?:\b(?:i|we|my) ?(?:{_CANNOT}|lack|have no|am|'m|was|capab|abilit|cannot)|\bit (?:is|would be) (?:not|in))",
    rf"(?:(?:i'?m |i am )?(?:unable|not able|failed|unwilling)(?: to)?|can't|cannot|can not|could not"
    rf"|couldn't) (?:currently )?"
    rf"(?:{_PERCEIVE}|describe|caption|process|analy[sz]e|identify|generate|render|provide|interpret"
    rf"|recogni[sz]e|determine|help"
    rf"|assist|comply|do)(?: (?:with )?(?:a |any |the |an )?(?:captions?|descriptions?|contents?|subject"
    rf"|response|answer)\b(?: for| of)?)?"
    rf"(?: {_AN_IMAGE}{_TAIL}| (?:with )?(?:that|this|it|your request)\b{_TAIL}|[.!,]*(?: sorry[.!]*)?$)",
    rf"there(?:'s| is| was| isn't| is not| wasn't| are| aren't| seems to be| appears to be| does(?:n't"
    rf"| not) (?:appear|seem) to be|"
    rf"doesn't seem to be) (?:no |not |an? |any |actually |currently |an actual |nothing )*(?:{_IMAGE}|caption) "
    rf"(?:\w+ )?{_NOT_THERE}\b(?! (?:behind|on the|of|by the|in the))",
    rf"there(?:'s| is| was| seems to be| appears to be) no (?:\w+ )?(?:{_IMAGE})"
    rf"(?:[.!]*(?:$| please| could| i )|,? (?:so )?{_I} ?{_CANNOT}\b)",
    rf"without (?:seeing |access to )?(?:{_THE} )+{_IMAGE}[^.]{{0,40}},? {_I} ?{_CANNOT}\b",
    rf"you(?:'ve| have)? (?:mention|refer|ask|request|talk)\w* [^.]{{0,60}}\b(?:but|though|however),? "
    rf"(?:none|no {_IMAGE}|nothing) (?:is|was|has been|seems to be) {_NOT_THERE}",
    rf"{_AM} {_BADLY}not (?:seeing|receiving|getting|finding) {_AN_IMAGE}{_TAIL}",
    rf"it(?:'s| is| would be) (?:im|not )possible (?:for me )?to (?:describe|caption|see|view|analy[sz]e) {_AN_IMAGE}"
    r"(?: (?:that|which|i)\b|[.!]*$)",
    r"there(?:'s| is| was) (?:nothing|no content) (?:here )?(?:to (?:describe|caption)|for me to)\b",
    rf"no (?:\w+ )?(?:{_IMAGE}|content|input|data|caption|description) (?:(?:was|is|were|has been|have been|has"
    rf"|could be|can be) )?"
    rf"(?:not )?(?:{_NOT_THERE}|generated|possible|shown|yet)\b{_TAIL}",
    rf"no {_IMAGE}[.,!]*(?: (?:sorry|please)\b.*)?$",
    rf"(?:\[|\()?(?:{_IMAGE}|caption|description|content) (?:is )?(?:not (?:available|found|provided|visible"
    rf"|supported|loaded|"
    r"displayed|shown)|unavailable|missing|removed|blocked|withheld|redacted|filtered|censored|flagged|restricted"
    rf"|failed to load)[\])]?[.!]*(?:$| please)",
    rf"(?:the|this|your|that|it (?:seems|looks|appears)(?: like| that| as if)?,? (?:the|this|your|that|you|an?"
    rf"|no|there(?: is| was"
    rf"|'s)?(?: no)?)) (?:\w+ )?(?:{_IMAGE}|link|url)(?: \w+){{0,4}}? (?:{_DID_NOT}(?:\w*)(?! (?:an?|the|any"
    rf"|its|nobody|no|"
    rf"much|all|only|every|through|behind|under|beneath|over|above|between) )"
    rf"|(?:is|was|seems|appears)(?: to be)? (?:missing|broken|corrupted|unavailable"
    rf"|inaccessible|invalid)\b"
    rf"{_TAIL})",
    r"(?:it (?:seems|looks|appears)(?: like| that| as if| as though)?,? )?there (?:was|is|has been|may be"
    r"|might be|seems to be) (?:an? |"
    r"some )?(?:issue|problem|error|difficulty|glitch) (?:with|in|while|when|loading|accessing|uploading"
    r"|processing|viewing)",
    rf"it (?:seems|looks|appears)(?: like| that| as if| as though)?,? (?:you |there |no |that no |your "
    rf"|i )(?:\w+ ){{0,3}}?"
    rf"(?:{_DID_NOT}[^.]{{0,30}}{_IMAGE}|(?:is |was |'s )?no {_IMAGE}\b(?! (?:of|on|in the)\b)"
    rf"|{_IMAGE} (?:\w+ )?(?:{_NOT_THERE})|forgot|may have forgotten)",
    rf"you (?:have|'ve|did|might|may|seem|forgot|never)(?:n't| not| have)? (?:\w+ ){{0,4}}?(?:upload|attach"
    rf"|provid|shar|sen[dt]|includ|forgot)"
    rf"[^.]{{0,30}}{_IMAGE}",
    rf"(?:(?:please|kindly)(?: try (?:again|to))?|could you|can you|would you|will you|try)(?: please"
    rf"| kindly)?(?: (?:re-?))? ?"
    rf"{_ASK}\w* (?:me |us |it |again )?[^.]{{0,40}}?(?:{_IMAGE}|description|details|context|again)\b",
    r"(?:to|in order to) (?:provide|describe|give|create|write|generate|help|assist|caption"
    r"|analy[sz]e)\b[^.]{0,60}?, "
    r"(?:i|please|you)\b[^.]{0,40}(?:need|require|upload|provide|share|attach)",
    rf"(?:due to|because of|for|owing to|per|under|according to|based on|in line with) (?:\w+ ){{0,3}}(?:safety"
    rf"|content|privacy|"
    rf"ethical|legal|policy|policies|guidelines|copyright)\b[^.,]{{0,40}},? ?(?:{_I} ?(?:{_CANNOT}|must|have to"
    rf"|am|'m|prefer)|(?:this|the|that|such|it)\b[^.]{{0,40}}?"
    r"(?:can't|cannot|can not|could not|won't) be)",
    rf"(?:my|our|openai's|the) (?:\w+ )?{_POLICY} (?:\w+ )?(?:do(?:es)?n't|does not|do not|prevents?|prohibits?"
    rf"|forbids?|"
    r"restricts?|won't|keep me|stop me|limits?) ",
    r"(?:that|this|it)(?:'s| is) (?:not something|beyond (?:my|what)|outside (?:my|of my|the scope)|against my"
    r"|not (?:possible|"
    r"appropriate|okay|ok) (?:for me|to describe))\b",
    r"it (?:is|would be|'s|isn't|wouldn't be|is not)(?: not)? (?:in?appropriate|unethical|unsafe|against"
    r"|ethical|right|possible)"
    r"(?: for me)?,? to (?:describe|provide|caption|identify|generate|comment|discuss|engage|share|answer)\b",
    rf"(?:this|the|your|that) (?:(?:attached|provided|uploaded|given|submitted) )?"
    rf"(?:{_IMAGE}|content|request|prompt|question|query) (?:(?:can't|cannot|can not"
    rf"|could not|couldn't|"
    r"won't|will not|may not|should not|shouldn't) be (?:described|shown|processed|fulfilled|completed|answered"
    r"|displayed|"
    r"captioned|analy[sz]ed|discussed|loaded|opened|viewed|identified|handled"
    r"|decoded|read(?=[.!]*$| by | because| due))"
    rf"|violates\b|goes against\b|is against (?:my|our|the)\b|has been (?:blocked|removed|flagged|rejected"
    rf"|denied)|was (?:blocked|"
    rf"flagged|rejected|denied)|(?:contains?|depicts?|shows?|includes?|appears to (?:contain|depict|show"
    rf"|include))\b[^.]{{0,60}}"
    rf"\b(?:that |which |so )?{_I} ?(?:{_CANNOT}|am not|'m not|must)|is (?:not allowed|prohibited|inappropriate"
    rf"|nsfw)\b|"
    rf"(?:may|might|could) violate\b|does not comply)",
    rf"(?:describing|captioning|identifying|discussing|commenting on|viewing) (?:this|that|the|these|such|people|real"
    rf"|individuals|{_IMAGE})\b[^.]{{0,60}}?"
    r"\b(?:would (?:violate|be in|not)|violates|goes against|is (?:against|not (?:allowed|permitted|possible"
    r"|appropriate|something"
    r")|prohibited|beyond)|isn't (?:something|allowed|possible|permitted|appropriate))",
    r"(?:request|access|permission) (?:denied|refused|rejected|blocked)[.!]*$",
    r"(?:error|failed|failure)\b[:,]? ?(?:\w+ ){0,4}(?:to (?:load|process|open|describe|fetch|read|decode)|"
    rf"(?:load|process|open|fetch|read|decod)ing) {_AN_IMAGE}",
    rf"(?:i was|i've been) {_BADLY}(?:unable|not able) to (?:{_DO}|{_PERCEIVE}|generate|identify|determine"
    rf"|recogni[sz]e)\b",
    r"(?:i'm |i am )?not (?:going|willing|able|allowed) to (?:describe|caption|do (?:that|this|it)|help|answer"
    r"|engage|assist)\b",
    rf"(?:the|this|that|your) [^.]{{0,80}}?\b(?:and|so|that|which),? {_I} ?{_CANNOT} {_DO}\b",
    rf"(?:i'm|i am) blind to {_IMAGE}",
    rf"{_IMAGE} (?:could not|couldn't|cannot|can't|can not) be (?:processed|loaded|opened|displayed|described"
    rf"|found|analy[sz]ed|read)",
    rf"{_IMAGE} (?:processing|loading|analysis|upload|recognition|captioning) (?:failed|error|unavailable|is un)",
    r"(?:can|could|would|will) you (?:please )?(?:describe|tell me|clarify|specify|explain)\b[^.]*\?",
    r"please (?:describe|clarify|specify|tell me|let me know)\b[^.]{0,60}\b(?:you|me|image|picture|photo)\b",
    rf"(?:what|which) {_IMAGE}(?: (?:would|do|should|are|did)\b[^.]*)?\?",
    r"(?:i'm|i am) not (?:sure|certain) (?:what (?:this|it|that) is[.!]*$|what you\b|how to (?:describe|help"
    r"|respond|answer))",
    rf"{_I} (?:don't|do not|can't|cannot) understand(?:[.!]*$| (?:the|your|what) (?:question|request|you|image"
    rf"|picture))",
    rf"{_I} (?:don't|do not) (?:think|believe) {_I} (?:should|can|could|am)\b",
    rf"{_I} (?:can |am able to )?only (?:process|work with|see|read|handle|understand|support|accept|respond to"
    rf"|provide) "
    r"(?:with )?(?:text|written|words)\b",
    r"my (?:capabilit\w+|abilit\w+|functions?|features|skills)\b[^.]{0,30}\b(?:don't|do not|not|limited)\b",
    rf"(?:viewing |processing )?(?:{_IMAGE}|vision|visual)\b[^.]{{0,30}}? (?:is|are)(?: currently)? (?:not "
    rf"|un)(?:supported|available"
    r"|enabled|possible)\b",
    r"(?:the|this|that) (?:\w+ )?(?:model|assistant|ai|system|chatbot|tool|language model)(?: \w+)? (?:cannot"
    r"|can't|can not|is unable"
    r"|is not able|isn't able|does not|doesn't|won't) (?:to )?(?:describe|see|process|support|view|accept"
    r"|handle|provide|have|analy"
    rf"[sz]e|read|help|assist)\b[^.]{{0,30}}\b(?:{_IMAGE}|visual|vision|input|requests?|this|that)\b",
    r"this is an? (?:ai|language model|text)\b[^.]{0,40}\b(?:cannot|can't|not|unable)\b",
    r"(?:blocked|filtered|removed|withheld|censored|redacted|flagged|rejected|refused) (?:by|due|for"
    r"|because)\b[^.]{0,60}"
    r"(?:safety|polic|filter|moderation|content|guideline)",
    r"(?:redacted|no (?:response|output|answer|comment)|censored|refused|declined|n/a|none|null"
    r"|nil|undefined)[\])]?[.!]*$",
    r"(?:this|that|it|which|doing so) (?:would |may |might |could )?violates? (?:my|our|the|openai|content"
    r"|usage|safety)",
    r"(?:nope|no),? (?:sorry|i (?:can't|cannot|won't)|can't)\b",
    r"(?:content (?:policy|warning|filter)|safety (?:policy|warning|filter|notice))\b[^.]{0,40}?"
    r"(?:violat|block|prevent|refus|declin|trigger)",
    rf"(?:we|i) (?:{_BADLY})?(?:could not|couldn't|cannot|can't) (?:find|detect|locate|identify) (?:an?|any"
    rf"|the) {_IMAGE}{_TAIL}",
    rf"nothing (?:was |has been )?(?:{_NOT_THERE})[.!]*$",
)
_OTHERS: Final = (
    # Spanish, Portuguese, Italian, French
    r"(?:lo siento|lo lamento|disculpa|disculpe|perd[oó]n|lamentablemente"
    r"|desafortunadamente)\b.{0,60}?\bno (?:puedo|podemos|es posible"
    r"|hay|me es|tengo|veo|estoy)",
    r"no (?:puedo|podemos|soy capaz de|es posible|me es posible|tengo (?:acceso|la capacidad)) (?:\w+ )?(?:ver"
    r"|describir|ayudar|"
    r"identificar|proporcionar|procesar|analizar|generar|acceder|a )",
    r"no (?:hay|se (?:ha|proporcion|adjunt)\w*|veo|has|ha) (?:\w+ ){0,3}(?:imagen|foto)\w*",
    r"(?:desculpe|desculpa|sinto muito|lamento|infelizmente)\b.{0,60}?\bn[ãa]o (?:posso|consigo|podemos"
    r"|[ée] poss[ií]vel|h[áa]|tenho)",
    r"n[ãa]o (?:posso|consigo|podemos|sou capaz de) (?:\w+ )?(?:ver|descrever|ajudar|identificar|fornecer"
    r"|processar|analisar|"
    r"visualizar|acessar)",
    r"(?:mi dispiace|mi scuso|purtroppo|spiacente|scusa|scusate)\b.{0,60}?\bnon (?:posso|riesco|sono"
    r"|è possibile|vedo|ho)",
    r"non (?:posso|riesco a|sono in grado di) (?:\w+ )?(?:vedere|descriver|aiutar|identificar|fornire"
    r"|visualizzare|analizzare)",
    r"(?:je suis )?(?:vraiment )?(?:désolée?|desole|navrée?|malheureusement|je m'excuse)\b.{0,60}?\b(?:je|il"
    r"|nous|cette) "
    r"(?:ne|n'|m'est|n’)",
    r"je (?:ne (?:peux|suis|vois|dispose)|n'ai|suis (?:incapable|dans l'incapacité)) (?:\w+ )?(?:pas|aucun|de )",
    r"(?:il n'y a )?aucune (?:image|photo) (?:n'|à|jointe|fournie|visible)",
    # German, Dutch, Scandinavian, Polish
    r"(?:es )?tut mir (?:sehr )?leid\b.{0,80}?\b(?:ich|es|das|dabei|dieses|kann|nicht|kein)\b",
    r"(?:entschuldigung|verzeihung|leider|bedaure)\b.{0,20}?\b(?:kann|konnte|ist|darf|habe|sehe"
    r"|wurde)\b.{0,60}?\b(?:nicht|kein\w*)\b",
    r"ich (?:kann|darf|bin|sehe|habe) (?:\w+ ){0,4}(?:nicht|kein\w*)\b.{0,40}?(?:beschreib|helf|seh|bild|foto"
    r"|in der lage|identifi|$)",
    r"es (?:wurde|ist|gibt) (?:leider )?kein (?:bild|foto) (?:angehängt|hochgeladen|vorhanden|zu sehen|da)",
    r"(?:het spijt me|helaas|sorry)\b.{0,30}?\b(?:ik kan|kan ik|ik ben)\b.{0,50}?\bniet\b",
    r"ik kan (?:\w+ ){0,4}niet (?:zien|beschrijven|helpen|bekijken)",
    r"(?:jag är ledsen|tyvärr|beklager|jeg beklager|undskyld|desværre|dessverre)\b.{0,40}?\b(?:kan|jag"
    r"|jeg)\b.{0,30}?\b(?:inte|ikke)\b",
    r"(?:przepraszam|niestety|przykro mi)\b.{0,40}?\bnie (?:mogę|jestem|widzę|moge)",
    # Russian, Ukrainian, Turkish
    r"(?:извините|простите|к сожалению|сожалею|извини|прошу прощения)\b.{0,60}?\b(?:не (?:могу|вижу|смогу"
    r"|в состоянии)|нет)",
    r"я не (?:могу|вижу|в состоянии|умею)\b.{0,30}?(?:опис|помо|увид|изображ|видеть|просм|картин|фото|опозн)",
    r"(?:вибачте|на жаль|перепрошую)\b.{0,60}?\bне (?:можу|бачу)",
    r"(?:üzgünüm|maalesef|özür dilerim)\b.{0,80}?(?:amıyorum|emiyorum|amam|emem|yok|değil)",
    # Japanese, Chinese, Korean, Arabic, Hindi
    r"(?:申し訳(?:あり|ござい|御座い)|すみません|すいません|ごめんなさい|恐れ入りますが|残念ながら).{0,60}?(?:ません|できない|出来ない|かねます)",
    r"(?:申し訳(?:あり|ござい)ません)[。、が]*$",
    r".{0,12}(?:画像|写真).{0,20}?(?:(?:見る|確認する|説明する|表示する|閲覧する)ことが?(?:は)?できません|見えません|添付されていません|提供されていません"
    r"|説明できません|確認できません|表示されていません)",
    r"(?:非常|很|十分|真的)?(?:抱歉|对不起|對不起|遗憾|不好意思).{0,40}?(?:无法|無法|不能|没有|沒有|不便|不可以)",
    r"(?:我|作为.{0,12}?我|由于.{0,20}?我)(?:目前|暂时|并)?(?:无法|無法|不能|没有办法|看不到|看不見|没有看到)(?:直接)?(?:看|描述|查看|识别|識別|提供|协助|帮助"
    r"|处理|分析|任何|图|圖|回答|满足)?",
    r"(?:没有|沒有|未)(?:看到|提供|上传|附上|检测到|收到).{0,8}?(?:图片|图像|圖片|照片|圖像)",
    r"(?:죄송합니다|죄송하지만|미안합니다|유감스럽게도|안타깝게도).{0,60}?(?:없습니다|어렵습니다|않습니다|못합니다|없어요)",
    r"(?:이미지|사진|그림)(?:를|을|이|가).{0,20}?(?:볼 수 없|설명할 수 없|첨부되지|보이지 않|확인할 수 없)",
    r"(?:عذر[اًا]|آسف|أعتذر|للأسف|معذرة).{0,60}?(?:لا (?:أستطيع|يمكنني|أرى)|لا يمكن|لست قادر)",
    r"(?:क्षमा करें|माफ़? ?कीजिए|मुझे खेद है|माफ करें|खेद है).{0,80}?(?:नहीं|असमर्थ)",
    # Asking for the picture, or saying that there is none
    r"kein(?:e|en)? (?:bild|foto)\w* (?:vorhanden|angehängt|hochgeladen|verfügbar|gefunden|gesendet|erhalten)",
    r"bitte (?:laden?|senden?|schicken?|geben?|fügen?|teilen?|stellen?|hängen?)\b.{0,30}?\b(?:bild|foto)",
    r"(?:veuillez|merci de|pouvez-vous|pourriez-vous) (?:fournir|télécharger|téléverser|joindre|envoyer|partager"
    r"|charger|importer|insérer)\b.{0,30}?\b(?:image|photo)",
    r"por favor,? (?:sub|adjunt|proporcion|env[ií]|compart|cargu|incluy|carreg|forne[çc]|anex|inclu)\w*\b.{0,30}?"
    r"\b(?:imagen|imagem|foto)",
    r"(?:per favore,?|si prega di) (?:caric|invi|alleg|forni|condivid)\w*\b.{0,30}?\b(?:immagine|foto)",
    r"(?:ninguna?|nenhuma?|nessun[ao]?) (?:imagen|imagem|immagine|foto)\w* (?:fue |foi |está |è |è stata )?"
    r"(?:proporcionad|adjunt|fornecid|enviad|anexad|encontrad|dispon|fornit|allegat|caricat|trovat|inviat|present)",
    r"nie (?:widzę|otrzymał[ae]m|znaleziono|przesłano|ma)(?: (?:żadnego|tego|tu|tutaj))* (?:obraz|zdjęci)\w*[.!]*$",
    r"brak (?:obrazu|zdjęcia)[.!]*$",
    r"(?:non vedo|n[ãa]o vejo|jag ser|jeg ser|ik zie) (?:nessun\w*|alcun\w*|nenhuma|ingen|inget|geen) "
    r"(?:immagine|foto|imagem|bild|bilde|billede|afbeelding)\w*[.!]*$",
    r"geen (?:afbeelding|foto) (?:gevonden|bijgevoegd|ontvangen|geüpload|beschikbaar)",
    r"(?:画像|写真)がありません[。！]*$",
    r"(?:이미지|사진)[가이] (?:없습니다|없어요)[.!]*$",
    r"[您你](?:好像|似乎)?(?:没有|沒有|未|还没)(?:上[传傳]|提供|附上).{0,8}?(?:[图圖](?:片|像)|照片)",
    r"proszę (?:o )?(?:przes|załąc|wgra|udostępni|doda)\w*\b.{0,30}?\b(?:obraz|zdjęci)",
    r"(?:изображени[ея]|фото|картинка) (?:отсутству|не (?:загру|прикреп|предостав|найден|отправ|было))",
    r"пожалуйста,? (?:загруз|пришл|прикреп|отправ|предостав)\w*\b.{0,30}?\b(?:изображен|фото|картин)",
    r"(?:[您你]好|好的)?\W*[请請](?:您)?(?:先|重新|再次)?(?:上[传傳]|提供|[发發]送|附上|添加).{0,8}?(?:[图圖](?:片|像)|照片)",
    r"(?:[图圖](?:片|像)|照片)(?:无法|無法|未能|没有|沒有|不能|未)(?:被)?(?:显示|顯示|加载|加載|打开|打開|上传|上傳|查看|识别)",
    r"(?:画像|写真)を.{0,8}?(?:アップロード|添付|送|提供|共有).{0,8}?(?:ください|下さい|お願い)",
    r"(?:이미지|사진|그림)[를을]? ?(?:다시 )?(?:업로드|첨부|제공|공유|보내|올려)"
    r".{0,8}?(?:주세요|주십시오|주시|바랍니다)",
    # An apology and what is not possible, in other languages
    r"(?:omlouvám se|je mi líto|bohužel|promiňte)\b.{0,60}?\bne(?:mohu|můžu|vidím|dokážu|jsem|ní)\b",
    r"(?:jag|jeg) kan (?:\w+ )?(?:inte|ikke) (?:se|beskriv|hj[äæe]lp|identifi)",
    r"(?:valitettavasti|pahoittelen|anteeksi|olen pahoillani)\b.{0,60}?\b(?:en (?:voi|pysty|näe|osaa)|ei ole)\b",
    r"en (?:voi|pysty|näe) .{0,20}?\b(?:kuva[an]?|auttaa|kuvailla)\b",
    r"(?:sajnálom|sajnos|elnézést|bocsánat)\b.{0,60}?\bnem (?:tud|lát|lehet|áll)",
    r"(?:[îi]mi pare r[ăa]u|din p[ăa]cate|scuze)\b.{0,60}?\bnu (?:pot|v[ăa]d|sunt|este|exist)",
    r"(?:tôi )?(?:rất )?(?:xin lỗi|tiếc)\b.{0,60}?\bkhông (?:thể|nhìn|thấy)",
    r"(?:saya )?(?:mohon )?(?:maaf|sayangnya)\b.{0,60}?\btidak (?:bisa|dapat|ada|melihat|mampu)\b",
    r"(?:ขออภัย|ขอโทษ|เสียใจ).{0,60}?(?:ไม่สามารถ|ไม่เห็น|ไม่มี)",
    r"(?:متأسفم|متاسفم|ببخشید|متأسفانه|متاسفانه|پوزش).{0,60}?(?:نمی.?(?:توانم|بینم)|نیستم|وجود ندارد)",
    r"(?:אני )?(?:מצטער|סליחה|לצערי|מתנצל).{0,60}?(?:לא (?:יכול|ניתן|רואה|מסוגל)|אין )",
    r"(?:λυπάμαι|συγγνώμη|δυστυχώς)\b.{0,60}?\bδεν (?:μπορώ|βλέπω|είναι|υπάρχει|έχω)\b",
    r"(?:আমি )?(?:দুঃখিত|ক্ষমা করবেন).{0,60}?(?:পারছি না|পারি না|পারব না|সম্ভব নয়|অক্ষম)",
    r"(?:மன்னிக்கவும்|வருந்துகிறேன்).{0,80}?(?:முடியாது|முடியவில்லை|இயலாது)",
)
_MARKS: Final = re.compile(r"[*_`#>]+")
_QUOTED: Final = re.compile(
    r"[,.!?\"'”] ?(?:says?|reads?|cries|jokes|asks|shouts|warns|sings) (?:an?|the|his|her|its|their|one|two)\b",
    re.IGNORECASE,
)
"""Words of somebody in the picture: `I refuse to smile, reads the shirt of a cat`."""
_BARE: Final = re.compile(
    r"\b(can(?=t\b)|(?:do|did|could|is|was|does|have|has|should)n(?=t)|i(?=m))(t|m)\b", re.IGNORECASE
)
"""Contractions that lack their apostrophe: `cant`, `dont`, `im`."""
_LOOKED_AT: Final = 400
"""How much of a text is looked at, in characters: a refusal says so at once."""


@cache
def _openings() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What refusals begin with, in English and elsewhere; compiled at the first caption, not at the import."""
    english, others = ("|".join(f"(?:{rule})" for rule in rules) for rules in (_ENGLISH, _OTHERS))
    lead = rf"[\s\W]*?(?:{_LEAD})(?:{english})"
    return re.compile(lead, re.IGNORECASE), re.compile(rf"[\s\W]*?(?:{others})", re.IGNORECASE)


def is_refusal(text: str) -> bool:
    """Whether an answer begins by saying that the speaker cannot or will not describe the picture."""
    opening = _MARKS.sub("", text.replace("’", "'").replace("‘", "'"))[:_LOOKED_AT].strip()
    opening = _BARE.sub(lambda word: f"{word[1]}'{word[2]}", opening)
    if _QUOTED.search(opening):
        return False
    return any(pattern.match(opening) for pattern in _openings())
