/** What names are made of. Invented words stand for nothing outside Atlas; each becomes one token of its model. */
const words = (text: string): readonly string[] => text.trim().split(/\s+/);

export const pools: Readonly<Record<string, readonly string[]>> = {
  given: words(`
    Balto Barnor Beltan Boulor Bouthi Braltor Brekara Briaro Briltis Brolen Brultel Bruris Bundo
    Dernara Dialis Dianel Diman Dolen Dolor Doultan Dousor Dromo Eirnan Enara Fanda Fialel Fianor
    Fiarni Fokara Folten Foutho Funine Gaenine Gamara Glaemo Gliami Gluline Glultan Glurnen Gonara
    Hathel Hekine Heso Hili Iandan Irna Jaenel Jalor Janara Jikan Joren Joulto Kesor Kialo Kialti
    Kiasine Kior Krelten Kriamen Krika Krolti Krousel Kulten Laendo Lalen Limen Litho Loumis
    Maendi Maernel Mara Meikara Miasi Mirnor Mondi Moro Naelara Naendel Nalto Natho Nekine Neran
    Niamel Nuthi Paesen Paethor Pamor Pasis Peili Peltara Piakor Pilis Pinan Poulor Randis Raran
    Renine Romen Ruli Rulto Rurel Sandi Seimara Siando Siatha Siken Sisis Skamor Skaren Skeltor
    Sketha Skisara Skondi Skounda Sornan Sosine Staenor Staka Starnen Stenor Stirno Stoulo Stoumo
    Suren Tala Tandor Tani Teinan Theirni Thoror Thothen Thuthel Tiaran Tondor Tosa Toultis
    Trondan Veimara Voltine Waesor Walan Wathen Wiathis Zasa Zelto Zenis Ziro Zoken Zolo Zulel
  `),
  surname: words(`
    Baeltley Baerberg Baeswick Baisk Barnberg Barnmond Beinley Bekisk Beley Bimane Bisley Boultane
    Braelisk Breane Breilero Breltham Bremero Brethovar Bronberg Brothold Brunham Brurnberg
    Brurwick Brusovar Daenberg Daerovar Dandisk Dandley Diltberg Dimisk Draltberg Dreithane
    Drenovar Dresold Drokmond Drosero Drosovar Drournley Drurham Dulovar Ekold Faesmond Falero
    Fandovar Fawick Feindold Feirisk Femero Fiarley Fourane Futhero Futhley Geiltley Geimwick
    Geirnwick Giathero Giley Glaethane Glakisk Glasberg Glasero Glathmond Gleltberg Glemisk
    Glethberg Glikmond Gliltisk Gloultham Gluold Glurley Gouthberg Gurero Haemane Haerberg
    Hiarnley Himane Hindane Hindovar Hinisk Hirley Hithero Houkham Hounwick Hundisk Iaswick
    Jeiltberg Jeirnisk Jethmond Jiandley Jiarmond Joero Jolham Jolold Jukham Jumberg Juthmond
    Kiathley Koulmond Kraesovar Krandberg Kreisisk Krekberg Krianane Krirnovar Krokovar Krournisk
    Krultero Laelane Lanane Laold Leimwick Leindberg Lernley Liandley Liasold Loulane Lounmond
    Lournisk Maethmond Malold Meindwick Melmond Miswick Miwick Moukberg Moumero Mourberg Mukberg
    Murold Naenold Naesberg Naethberg Namond Neikero Nenham Nernley Nesley Nialovar Nialtham
    Niamley Nikwick Nirnberg Nothberg Nourham Nouthmond Nuthmond Ondisk Ondovar Onero Oukovar
    Ounold Pirnold Ponmond Posberg Pounane Pourwick Pousold Pumham Ramero Rarnold Reimond Riarmond
    Rounley Runham Saernley Seisk Serane Sialtley Silwick Skaltovar Skandane Skinane Sokberg
    Sournley Sousold Stesisk Stethmond Stuthisk Surnovar Taernmond Tasero Teikisk Teithley Termond
    Theilold Theimberg Theltane Thendero Thiamold Thirberg Tholisk Thornley Thouthisk Thultovar
    Thumane Tialtley Tiltley Tokham Toundley Traendisk Traham Treilmond Treimley Treltane Trianham
    Triasberg Trornham Tundmond Tunovar Vaemold Vaerane Vaesberg Veirham Veltisk Velwick Viandane
    Vindold Vindwick Vornovar Vornwick Voultberg Vrekham Vrenham Vrirero Vroltmond Vrouberg
    Vrounley Vrourmond Vrurane Vuberg Waekwick Walham Wamold Weltley Wesberg Wiaham Wialtmond
    Woumley Wuberg Zeirisk Zeirnisk Zianold Zirold Zokold Zolovar Zournane Zukane Zumley Zunold
    Zurane
  `),
  place: words(`
    Aeport Aernmere Altholm Baburg Baenmere Baerndale Beirnmouth Beirton Beithmouth Beiton Berstad
    Biarnport Bolmere Bonholm Bournford Bourton Braernport Branburg Braton Brenford Briakdale
    Briamford Brindburg Brumton Brungrad Dinford Draeltdale Dramere Dreinburg Drenburg Drianstad
    Driholm Drinburg Drindton Drirnton Dristad Droukmouth Drulburg Enford Faerby Feismouth
    Firnmere Founstad Fuford Giasport Gilford Glaesport Glalby Gleindholm Glenby Glusholm Gluthton
    Golmouth Haekmouth Haesport Handford Heithburg Heltburg Hilmere Hoport Iarburg Jamport
    Jialtdale Jiamdale Jiamouth Jianburg Jonmouth Jousburg Jurstad Kaernholm Kaethmouth Kesford
    Kindmouth Kithport Koulton Kraelstad Kriakford Krisdale Krorburg Kurnton Laerby Leiholm
    Leirnport Lernmere Lialburg Lisburg Lokton Lorport Lougrad Loukport Lumholm Meiltmouth
    Meithmere Melholm Methton Mindport Mukport Naernholm Namton Nandmouth Neirport Neithmere
    Nithton Noungrad Nusmere Ousholm Pathmere Peiton Pendford Piandale Pongrad Pourport Reltford
    Rongrad Rumere Runmere Sakton Salholm Salton Selford Silford Silgrad Sindton Skastad Skelgrad
    Skoukmere Skuthdale Sormere Stakstad Steholm Steirholm Stimton Stokmouth Stokstad Stoltholm
    Storport Tamstad Teilby Tekdale Thaeby Thakton Thekstad Thiarnport Thiathport Thiltholm
    Traerholm Trarport Treikdale Trelmere Trikford Trindholm Troukport Troultport Tultmouth Ulstad
    Vaethmouth Veithmouth Verton Viastad Virmouth Voulford Vousby Vriakburg Vriford Vrousgrad
    Vruthmouth Vusport Waemholm Wargrad Wilstad Womholm Wurnmouth Zaekburg Zagrad Zeindburg
    Zenford Zialtdale Ziasport Zosmouth Zousby
  `),
  region: words(`
    Brelonstan Broslondia Bustiseth Damiamora Dolstalora Doutrinora Dunfiasora Eirdrustan
    Eisbundeth Fultbenia Gakzaleth Geikiaseth Genkuseth Glofalia Guljoltia Henrurneth Homfiria
    Hosounstan Iksaland Ithjiasora Jaeshundia Jilaekia Jindniaria Jisbiandia Jouwulteth Krimgometh
    Lirnluria Menwomland Molaeth Mourturnia Nefethora Nismemstan Noltundora Oulzandia Ousfulia
    Pabriathia Paesgialia Robrusland Siskerora Skiktestan Taltfisora Tartrestan Thurvaria
    Traedrueth Trojasora Vebraelia Vimzaerora Volwinstan Vreiroltia Vreitrisia Vresvistan
    Vrimgemia Vrulthenia Vunvitheth Walthoketh Wiskemia Woviasland Zaenboseth Zeidoneth Ziamjamia
  `),
  adjective: words(`
    Amber Silent Crimson Hollow Golden Broken Distant Frozen Hidden Bitter Gentle Burning Northern
    Southern Velvet Wandering Restless Faithful Scarlet Marble Iron Copper Silver Emerald Lonely
    Forgotten Sleeping Endless Narrow Wicked Humble Noble Proud Reckless Secret Stolen Tender
    Twilight Midnight Winter Autumn Crystal Dusty Electric Fading Feral Glass Hungry Jagged Last
    Lost Lucky Misty Painted Pale Patient Quiet Ragged Rising Royal Rusty Sacred Salty Shining
    Solemn Tangled Thirsty Vacant Weary Wild
  `),
  noun: words(`
    Anchor Arrow Balcony Basket Beacon Blade Blossom Bottle Candle Canyon Carpet Cathedral Cellar
    Chapel Circle Clock Compass Corridor Cottage Crown Curtain Dagger Desert Diamond Drum Ember
    Feather Fence Fiddle Flame Forest Fountain Furnace Garden Gate Glove Hammer Harbour Harvest
    Helmet Horizon Hourglass Island Jewel Journey Kettle Key Ladder Lagoon Lantern Letter
    Lighthouse Locket Loom Maze Meadow Medallion Mill Mirror Monastery Moon Mosaic Needle Oath
    Ocean Orchard Paddle Pearl Pendulum Pilgrim Pillar Pocket Prison Promise Puzzle Quarry Raven
    Ribbon Riddle Ring Road Rope Rose Sail Shadow Shore Signal Spade Spiral Stairway Statue Storm
    Summit Sword Table Temple Thorn Thread Throne Tide Torch Tunnel Umbrella Valley Vessel Village
    Violin Voyage Wagon Whistle Willow Window
  `),
  trade: words(`
    Mills Foundry Press Records Brothers Works Shipyard Textiles Motors Trading Bakery Instruments
    Chemicals Publishing
  `),
  animal: words(`
    heron otter falcon badger lynx viper beetle moth marten toad finch weasel gecko salamander
    hare owl pike trout crane fox
  `),
  animals: words(`
    Herons Otters Falcons Badgers Wolves Vipers Hornets Lions Bears Ravens Sharks Bulls Eagles
    Foxes Tigers Stallions
  `),
};

/** What relations to a literal choose from. */
export const picks: Readonly<Record<string, readonly string[]>> = {
  occupation: words(`
    painter novelist singer engineer botanist lawyer sculptor pianist chemist actor sailor surgeon
    poet politician
  `),
  genre: words(`
    satire tragedy comedy mystery romance adventure horror fantasy memoir fable western thriller
  `),
  product: words(`
    soap clocks bicycles paper glassware tea furniture tools paint shoes cameras rope lamps pianos
  `),
  style: words(`
    baroque gothic classical modern rustic romanesque brutalist colonial
  `),
  colour: words(`
    brown black white grey yellow orange violet turquoise olive pink
  `),
  currency: words(`
    brukot fothen fultak liren pusot riot sakin visot vumin wianen zanot zumar
  `),
  language: words(`
    Esese Furnic Glournic Laesese Leimic Linic Peilian Rothian Thesic Thimish Trialtic Weikian
    Wesic Zousish
  `),
};
