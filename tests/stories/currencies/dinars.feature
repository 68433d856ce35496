Feature: A currency with three decimals

  Scenario: A thousandth of a dinar is not lost
    Given the Account "Magnolia Oil"
    And the open Opportunity "Well"
    And the plan "Team" at 10.500 KWD a month
    When "Magnolia Oil" subscribes to 3 x "Team" for the Opportunity "Well"
    And an hour passes
    Then the revenue entry is:
      | Gross in Own Currency | Currency |
      | 31.500                | KWD      |
    And the subscription to "Team" of "Magnolia Oil" shows:
      | MRR in Own Currency | 31.500 |
    And in a single-currency org, the Account "Magnolia Oil" shows:
      | Lifetime Value | 102.38 |
    And in a multicurrency org, the Account "Magnolia Oil" shows:
      | Lifetime Value | 101.61 |
